using OrleansBlip.Silo;

TorchHost.PrepareProcess();
return await new NodeCommand().RunAsync(args, Console.Out, Console.Error);
