package pulse

// Crash breaks the connection of a canceller, as the end of its program would.
func Crash(c *Canceller) { c.conn.close() }
