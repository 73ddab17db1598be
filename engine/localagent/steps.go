package localagent

// post queues the function step, which the method loop then calls. post may be called on any
// goroutine and does not wait. The functions run in the order in which they were posted. A function
// that is posted after the end of the conversation never runs.
func (c *conversation) post(step func()) {
	c.mu.Lock()
	c.steps = append(c.steps, step)
	c.mu.Unlock()
	c.wakeLoop()
}

// runSteps calls the functions that post has queued, including those that they post themselves.
func (c *conversation) runSteps() {
	for {
		c.mu.Lock()
		steps := c.steps
		c.steps = nil
		c.mu.Unlock()
		if len(steps) == 0 {
			return
		}
		for _, step := range steps {
			step()
		}
	}
}

// wakeLoop makes the method loop check for new work. It may be called on any goroutine.
func (c *conversation) wakeLoop() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}
