using System.CommandLine;

namespace OrleansBlip.Silo;

/// <summary>Options of a command line that take whole numbers between two bounds.</summary>
public static class BoundedOptions
{
    /// <summary>A whole number between two bounds, both inclusive.</summary>
    public static Option<int> Number(string name, string description, int least, int most, int value)
    {
        var option = new Option<int>(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => value };
        Bound(option, least, most);
        return option;
    }

    /// <summary>Refuses numbers beyond two bounds, both inclusive.</summary>
    public static void Bound(Option option, int least, int most) => option.Validators.Add(result =>
    {
        if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out var given) && (given < least || given > most))
            result.AddError($"{option.Name} is {given}; give a number from {least} to {most}.");
    });
}
