using LtiMicroCred;

return await CommandLine.RunAsync(args);
