package cli

type fleetCommand struct {
	Publish  fleetPublishCommand  `cmd:"" help:"Roll a bundle out to the devices of a fleet, in waves."`
	Pause    fleetPauseCommand    `cmd:"" help:"Stop a rollout as it is, until it is resumed."`
	Resume   fleetResumeCommand   `cmd:"" help:"Go on with a rollout."`
	Stop     fleetStopCommand     `cmd:"" help:"End a rollout: all devices go back to the bundle from before."`
	Rollback fleetRollbackCommand `cmd:"" help:"Make all devices go back to an earlier bundle at once."`

	Status fleetStatusCommand `cmd:"" help:"Show how the devices and the rollouts of a fleet fare, or one device."`
	Logs   fleetLogsCommand   `cmd:"" help:"Print the logs of the devices."`
	Calls  fleetCallsCommand  `cmd:"" help:"Print the tool calls of the devices that share them."`

	Say   fleetSayCommand   `cmd:"" help:"Send a message to the agent of a device, as its user."`
	Event fleetEventCommand `cmd:"" help:"Run the handlers of scripts on a device that wait for an event."`
	Exec  fleetExecCommand  `cmd:"" help:"Send another command to a device."`
}
