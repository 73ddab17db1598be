package keys

// isBusy returns false: this system has no devices that can be grabbed.
func isBusy(error) bool { return false }
