using System.Buffers;
using System.IO.Pipelines;

namespace LtiMicroCred.Shell;

/// <summary>Reads what was posted as it is. What cannot be read to its end is the sender's mistake, never ours.</summary>
internal static class PostedBody
{
    /// <returns>The whole, or more than <paramref name="most"/> bytes of it: then it is too long.</returns>
    /// <exception cref="BadHttpRequestException">The body is longer than the server reads, is broken off, or its chunks are none.</exception>
    public static async Task<byte[]> ReadAsync(PipeReader body, int most, CancellationToken ct)
    {
        try
        {
            var read = await body.ReadAtLeastAsync(most + 1, ct);
            var bytes = read.Buffer.ToArray();
            body.AdvanceTo(read.Buffer.End);
            return bytes;
        }
        catch (IOException exception) when (exception is not BadHttpRequestException)
        {
            throw new BadHttpRequestException("The message cannot be read to its end.", StatusCodes.Status400BadRequest, exception);
        }
    }
}
