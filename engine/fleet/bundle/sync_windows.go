package bundle

// SyncFolder does nothing: Windows cannot sync folders.
func SyncFolder(string) error { return nil }
