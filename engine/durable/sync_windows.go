package durable

// SyncFolder does nothing: Windows cannot sync folders.
func SyncFolder(string) error { return nil }
