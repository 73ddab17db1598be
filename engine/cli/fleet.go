package cli

type fleetCommand struct {
	Init  fleetInitCommand  `cmd:"" help:"Make the keys of a new fleet."`
	Serve fleetServeCommand `cmd:"" help:"Run the hub of a fleet on this machine, or the centre of a fleet with another NATS server."`

	Invite  fleetInviteCommand  `cmd:"" help:"Print the command with which one device joins the fleet."`
	Join    fleetJoinCommand    `cmd:"" help:"Make this device a member of a fleet."`
	Members fleetMembersCommand `cmd:"" help:"List who has credentials, and who waits for approval."`
	Approve fleetApproveCommand `cmd:"" help:"Let in a device that waits for approval."`
	Revoke  fleetRevokeCommand  `cmd:"" help:"Make the credentials of a member invalid."`

	Credentials fleetCredentialsCommand `cmd:"" help:"Make credentials for a worker, a host, an operator, or a device that is not invited."`
	Keys        fleetKeysCommand        `cmd:"" help:"List or change the keys that sign the bundles of the fleet."`
	Config      fleetConfigCommand      `cmd:"" help:"Print the account of the fleet for the configuration file of a NATS server."`

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

	Host fleetHostCommand `cmd:"" help:"Start conversations on the hosts of a fleet, and list them."`
}
