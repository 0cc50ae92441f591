using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace OrleansBlip.Cli.Commands;

/// <summary><c>version</c>: what is running, for a bug report.</summary>
internal static class VersionCommand
{
    public static Command Create()
    {
        var command = new Command("version", "Print the versions of the program and of what it runs on.");
        command.SetAction(result =>
        {
            (string Name, string Value)[] versions =
            [
                ("blip", typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion),
                ("runtime", RuntimeInformation.FrameworkDescription),
                ("system", $"{RuntimeInformation.OSDescription} ({RuntimeInformation.RuntimeIdentifier})"),
            ];
            var output = result.InvocationConfiguration.Output;
            if (result.GetValue(BlipRootCommand.Json)) output.WriteLine(JsonSerializer.Serialize(versions.ToDictionary(v => v.Name, v => v.Value)));
            else foreach (var (name, value) in versions) output.WriteLine($"{name,-8} {value}");
        });
        return command;
    }
}
