package nats

// IsInbox is isInbox for the tests of the rights, which are in another package.
func IsInbox(subject string) bool { return isInbox(subject) }
