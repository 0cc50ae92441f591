namespace OrleansBlip.Protocol.Security;

/// <summary>The texts of a folder of credentials.</summary>
internal sealed record CredentialFiles(string Folder, string Authority, string Certificate, string Key)
{
    private const UnixFileMode Everybody = UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>Reads them.</summary>
    /// <exception cref="CredentialsException">One is missing, or is a key that everybody on the machine can read.</exception>
    public static CredentialFiles Read(string folder) =>
        new(folder, ReadText(folder, ClusterCredentials.AuthorityFile), ReadText(folder, ClusterCredentials.CertificateFile), ReadText(folder, ClusterCredentials.KeyFile));

    /// <summary>Keeps the key out of whatever prints this.</summary>
    public override string ToString() => $"credentials in '{Folder}'";

    private static string ReadText(string folder, string name)
    {
        string path = Path.Combine(folder, name);
        try
        {
            using var file = File.OpenRead(path);
            if (name == ClusterCredentials.KeyFile && !OperatingSystem.IsWindows() && (File.GetUnixFileMode(file.SafeFileHandle) & Everybody) != 0)
                throw new CredentialsException($"'{path}' can be read or written by everybody on this machine: make it yours alone (chmod 600).");
            using var reader = new StreamReader(file);
            return reader.ReadToEnd();
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CredentialsException($"'{path}' is missing: a folder of certificates holds {ClusterCredentials.AuthorityFile}, {ClusterCredentials.CertificateFile} and {ClusterCredentials.KeyFile}, as 'blip certs create' makes them.", failure);
        }
        catch (Exception failure) when (failure is UnauthorizedAccessException or IOException and not CredentialsException)
        {
            throw new CredentialsException($"'{path}' cannot be read: {failure.Message}", failure);
        }
    }
}
