namespace LtiMicroCred.Shell;

/// <summary>Reads a posted form. What cannot be read as one is the sender's mistake, never ours.</summary>
internal static class PostedForm
{
    /// <exception cref="BadHttpRequestException">The body is no form, is broken off, or has more or longer fields than any LMS sends.</exception>
    public static async Task<IFormCollection> ReadAsync(HttpContext http)
    {
        if (!http.Request.HasFormContentType)
            throw new BadHttpRequestException("The request is not a form post.", StatusCodes.Status400BadRequest);
        try
        {
            return await http.Request.ReadFormAsync(http.RequestAborted);
        }
        catch (Exception exception) when (exception is InvalidDataException || (exception is IOException and not BadHttpRequestException))
        {
            throw new BadHttpRequestException("The form cannot be read, or is longer than any LMS sends.", StatusCodes.Status400BadRequest, exception);
        }
    }
}
