package script

import (
	"context"
	"slices"
)

// AwaitRest waits until each script has been at rest. A script is at rest if none of its code runs
// until its clock moves forward or a message arrives, such as a tool call. A script that waits for
// something outside of the process, such as the response of a server, is not at rest. AwaitRest
// checks the scripts one after the other, so one may be busy again when it returns. It returns the
// cause of ctx when ctx is done.
func (s *Scripts) AwaitRest(ctx context.Context) error {
	s.mu.Lock()
	scripts := slices.Clone(s.list)
	s.mu.Unlock()
	for _, sc := range scripts {
		s.mu.Lock()
		x := sc.current.x
		s.mu.Unlock()
		rests := make(chan struct{})
		if x.AtRest(func() { close(rests) }) != nil {
			continue // it is closed
		}
		select {
		case <-rests:
		case <-x.Done():
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}
