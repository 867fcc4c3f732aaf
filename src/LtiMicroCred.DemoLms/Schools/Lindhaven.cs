namespace LtiMicroCred.DemoLms;

/// <summary>The people and courses that every demo LMS starts with.</summary>
internal static class Lindhaven
{
    public static void Furnish(School school)
    {
        school.AddPerson("admin", "Robin", "Okafor", isAdministrator: true);
        var instructor = school.AddPerson("instructor", "Eleni", "Papadaki", "Dr Eleni Papadaki", "T-001");
        Person[] learners =
        [
            school.AddPerson("learner", "Minh Châu", "Nguyễn Thị", "Nguyễn Thị Minh Châu", "S-001"),
            school.AddPerson("learner2", "Łukasz", "Żółkiewski", idNumber: "S-002"),
            school.AddPerson("learner3", "美咲", "佐藤", "佐藤 美咲", "S-003"),
            school.AddPerson("learner4", "Þórdís", "Jónsdóttir", idNumber: "S-004"),
            school.AddPerson("learner5", "Ngozi", "Okonjo", idNumber: "S-005"),
        ];

        var ethics = school.AddCourse("DS210", "DS210 Responsible Data Science", "C-210");
        school.Enrol(ethics, instructor, CourseRole.Instructor);
        foreach (var learner in learners)
            school.Enrol(ethics, learner, CourseRole.Learner);
        school.AddQuiz(ethics, "Final quiz", "quiz1", 20, FinalQuiz);

        var study = school.AddCourse("SK100", "SK100 Learning to Learn", "C-100");
        school.Enrol(study, instructor, CourseRole.Instructor);
        school.Enrol(study, learners[0], CourseRole.Learner);
        school.Enrol(study, learners[1], CourseRole.Learner);
    }

    private static IReadOnlyList<Question> FinalQuiz =>
    [
        new(
            "A clinic removes names from its records but keeps birth date, postcode and sex. What is the main risk?",
            ["None: without names the records are anonymous", "The combination can single people out again", "The file becomes too large to share", "Averages computed from it are wrong"],
            1),
        new(
            "A model that sorts job applications was trained on past hiring decisions. What should you check first?",
            ["That it runs on the cheapest hardware", "That it uses as many columns as possible", "Whether those decisions treated groups unequally", "Whether its code is shorter than the old one's"],
            2),
        new(
            "People agreed that their answers be used for a study of sleep. A partner wants them to set insurance prices. What now?",
            ["Ask the people again: this is another purpose", "Go on: data once given may be used for anything", "Go on, if the partner pays for it", "Change the numbers a little and go on"],
            0),
        new(
            "Two groups have very different base rates of an outcome. What follows for fairness measures of an imperfect classifier?",
            ["All measures can be met at once with enough data", "Some measures cannot hold together, so a choice must be made and explained", "Measures only matter for images", "Removing the group column meets all of them"],
            1),
        new(
            "After publishing you find an error that changes a conclusion. What is the responsible step?",
            ["Wait whether somebody notices", "Delete the data set", "Correct it in the next paper without a word", "Publish a correction that says what changed and why"],
            3),
    ];
}
