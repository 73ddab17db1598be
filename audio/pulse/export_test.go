package pulse

// Crash closes the canceller's connection, but does not unload the module. The server sees the same
// when the process crashes.
func Crash(c *EchoCanceller) { c.conn.close() }
