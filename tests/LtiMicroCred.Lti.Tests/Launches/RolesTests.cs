namespace LtiMicroCred.Lti.Tests.Launches;

public sealed class RolesTests
{
    private const string Vocabulary = "http://purl.imsglobal.org/vocab/lis/v2/";

    [Theory]
    [InlineData(Vocabulary + "membership#Learner", "learner")]
    [InlineData("Learner", "learner")]
    [InlineData(Vocabulary + "membership/Learner#GuestLearner", "learner")]
    [InlineData(Vocabulary + "institution/person#Learner", "")]
    [InlineData(Vocabulary + "membership#Instructor", "instructor")]
    [InlineData("Instructor", "instructor")]
    [InlineData(Vocabulary + "membership/Instructor#TeachingAssistant", "instructor")]
    [InlineData(Vocabulary + "institution/person#Instructor", "")]
    [InlineData(Vocabulary + "membership#Mentor", "mentor")]
    [InlineData(Vocabulary + "membership#ContentDeveloper", "content developer")]
    [InlineData(Vocabulary + "institution/person#Administrator", "administrator")]
    [InlineData(Vocabulary + "system/person#Administrator", "administrator")]
    [InlineData(Vocabulary + "membership#Administrator", "course administrator")]
    [InlineData(Vocabulary + "membership/Administrator#Administrator", "course administrator")]
    [InlineData("Administrator", "course administrator")]
    [InlineData("Mentor", "mentor")]
    [InlineData("ContentDeveloper", "content developer")]
    [InlineData("Manager", "")]
    [InlineData("http://purl.imsglobal.org/vocab/lti/system/person#TestUser", "test user")]
    [InlineData("https://example.org/roles#Learner", "")]
    [InlineData("learner", "")]
    public void A_role_means_what_the_vocabulary_says(string role, string meaning)
    {
        var roles = new Roles([role]);

        roles.IsLearner.ShouldBe(meaning == "learner");
        roles.IsInstructor.ShouldBe(meaning == "instructor");
        roles.IsInstitutionAdministrator.ShouldBe(meaning == "administrator");
        roles.IsMentor.ShouldBe(meaning == "mentor");
        roles.IsContentDeveloper.ShouldBe(meaning == "content developer");
        roles.IsCourseAdministrator.ShouldBe(meaning == "course administrator");
        roles.IsTestUser.ShouldBe(meaning == "test user");
        roles.All.ShouldBe([role]);
    }
}
