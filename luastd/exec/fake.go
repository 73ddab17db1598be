package exec

import (
	"context"
	"strings"
	"time"

	"moonlark/engine/process"
	"moonlark/luastd"
)

// A fakeProcess takes the place of a program in a test of the script. It has exited from the start.
type fakeProcess struct {
	exited chan struct{} // closed
	code   int
}

func (p *fakeProcess) Exited() <-chan struct{} { return p.exited }

func (p *fakeProcess) Finish(_ context.Context, outputRead <-chan struct{}) process.Status {
	<-outputRead
	return process.Status{Code: p.code}
}

func (p *fakeProcess) Signal(string) bool { return false }
func (p *fakeProcess) PID() int           { return 1 }

// A fakeInput is the standard input of a fake program.
type fakeInput struct{ write func(text string) }

func (in fakeInput) WriteString(text string) (int, error) {
	if in.write != nil {
		in.write(text)
	}
	return len(text), nil
}

func (fakeInput) Close() error                     { return nil }
func (fakeInput) SetWriteDeadline(time.Time) error { return nil }

// fake starts the fake program for s. It returns nil if there is none.
func (m *module) fake(s *settings) *luastd.FakeProgram {
	if fakes := m.rt.Fakes(); fakes != nil {
		return fakes.Program(s.command.Args, s.stdin)
	}
	return nil
}

// useFake makes p a fake program.
func (p *program) useFake(fake *luastd.FakeProgram) {
	fp := &fakeProcess{make(chan struct{}), fake.Code}
	close(fp.exited)
	p.child, p.output = fp, newOutput(p.settings, fp.exited)
	p.input.pipe = fakeInput{fake.Input}
	p.stdout, p.stderr = strings.NewReader(fake.Stdout), strings.NewReader(fake.Stderr)
	switch p.settings.command.Stderr {
	case process.MergeStderr:
		p.stdout, p.stderr = strings.NewReader(fake.Stdout+fake.Stderr), nil
	case process.DropStderr:
		p.stderr = nil
	}
}
