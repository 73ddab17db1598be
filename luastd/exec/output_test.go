package exec

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/process"
)

// newTestOutput returns the output of a program that exec.start has started. exit says that the
// program has exited.
func newTestOutput(max int) (o *output, exit func()) {
	exited := make(chan struct{})
	return newOutput(&settings{background: true, maxOutput: max}, exited), func() { close(exited) }
}

// readLines returns all lines of stdout until its end.
func readLines(o *output) (lines []string, last lineState) {
	for {
		next := o.next()
		switch line, state := o.line(&o.stdout); state {
		case lineFound:
			lines = append(lines, line)
		case linePending:
			<-next
		default:
			return lines, state
		}
	}
}

// The lines are the same, however the output is divided into reads, and whatever the maximum is.
func FuzzLines(f *testing.F) {
	for _, text := range []string{"", "a", "a\nb", "a\r\nb\r", "\n\n", "\r\n\r\n", strings.Repeat("x", maxLine+1) + "\nx", strings.Repeat("x", maxLine) + "\r\n", "\x00\xff\n"} {
		f.Add(text, uint16(1), uint16(3))
		f.Add(text, uint16(700), uint16(60000))
	}
	f.Fuzz(func(t *testing.T, text string, chunk, max uint16) {
		if len(text)/(int(min(chunk, max))+1) > 5000 {
			return // takes long
		}
		o, _ := newTestOutput(int(max) + 1)
		go func() {
			for rest := []byte(text); len(rest) > 0; {
				n := min(int(chunk)+1, len(rest))
				o.add(&o.stdout, rest[:n])
				rest = rest[n:]
			}
			o.read(&o.stdout, nil)
		}()
		o.change(func() { o.stdout.wasRead = true })
		lines, state := readLines(o)
		if state != lineEnded || o.stdout.cut {
			t.Fatal("output was dropped")
		}
		plain := strings.NewReplacer("\r", "", "\n", "")
		if got := plain.Replace(strings.Join(lines, "")); got != plain.Replace(text) {
			t.Fatalf("got %d bytes of %d", len(got), len(text))
		}
		longest := min(maxLine, int(max)+1)
		if slices.Max(append(lengths(lines...), 0)) > longest {
			t.Fatal("a line is too long")
		}
		if want := slices.Collect(expectedLines(text)); slices.Max(lengths(text)) < longest && !slices.Equal(lines, want) {
			t.Fatalf("got %.100q, want %.100q", lines, want)
		}
	})
}

// expectedLines returns the lines of a text without their ends.
func expectedLines(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for line := range strings.Lines(text) {
			if whole, ok := strings.CutSuffix(line, "\n"); ok {
				line = strings.TrimSuffix(whole, "\r")
			}
			if !yield(line) {
				return
			}
		}
	}
}

// lengths returns the lengths of the lines in the texts.
func lengths(texts ...string) (lengths []int) {
	for _, text := range texts {
		for line := range strings.SplitSeq(text, "\n") {
			lengths = append(lengths, len(line))
		}
	}
	return lengths
}

func TestOutputThatNobodyReadsIsDroppedAfterAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, _ := newTestOutput(4)
		r, w := io.Pipe()
		go o.read(&o.stdout, r)
		began := time.Now()
		w.Write([]byte("12345"))
		w.Write([]byte("6"))
		if took := time.Since(began); took != readerTimeout {
			t.Errorf("the program waited %v, want %v", took, readerTimeout)
		}
		w.Write([]byte("7"))
		w.Close()
		if took := time.Since(began); took != readerTimeout {
			t.Errorf("the program waited again, %v in all", took)
		}
		if lines, state := readLines(o); strings.Join(lines, "|") != "1234" || state != lineCut {
			t.Errorf("got %q, %v", lines, state)
		}
		o.change(func() { o.stdout.hold, o.stdout.wasRead = true, true })
		o.add(&o.stdout, []byte("8")) // does not wait for a reader who comes too late
	})
}

func TestAReaderThatComesInTimeLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, _ := newTestOutput(4)
		r, w := io.Pipe()
		go o.read(&o.stdout, r)
		go func() {
			w.Write([]byte("123\n456\n789\n"))
			w.Close()
		}()
		time.Sleep(readerTimeout - time.Second)
		o.change(func() { o.stdout.wasRead = true })
		o.line(&o.stdout)
		time.Sleep(time.Hour) // a slow reader
		if lines, state := readLines(o); strings.Join(lines, "|") != "456|789" || state != lineEnded {
			t.Errorf("got %q, %v", lines, state)
		}
	})
}

// After its end, a program does not have to wait for the script.
func TestTheRestOfAPipeIsReadWhenTheProgramHasExited(t *testing.T) {
	o, exit := newTestOutput(10)
	o.change(func() { o.stdout.wasRead = true })
	text := strings.Repeat("123456789\n", 9000) // less than exitRoom
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		o.read(&o.stdout, strings.NewReader(text))
	}()
	select {
	case <-ended:
		t.Fatal("the program did not wait")
	case <-time.After(20 * time.Millisecond):
	}
	exit()
	<-ended
	if lines, state := readLines(o); len(lines) != 9000 || state != lineEnded {
		t.Errorf("got %d lines, %v", len(lines), state)
	}
	o.read(&o.stdout, strings.NewReader(strings.Repeat("x", 1<<20)))
	if !o.stdout.cut || o.stdout.data.Len() > 10+exitRoom {
		t.Errorf("a program that exited long ago fills the memory: %d bytes", o.stdout.data.Len())
	}
}

func TestErrorsOfTheSystemHaveCodes(t *testing.T) {
	s := &settings{command: process.Command{Path: "/bin/tool", Args: []string{"tool"}, Dir: "/data"}}
	for err, want := range map[error]string{
		syscall.ENOENT:  `not_found: "/bin/tool" or its interpreter is not there`,
		syscall.EACCES:  `denied: "/bin/tool" cannot be run in "/data": permission denied`,
		syscall.E2BIG:   `too_large: the arguments of "tool" are too long`,
		syscall.EAGAIN:  "busy: the machine cannot start another program: start: " + syscall.EAGAIN.Error(),
		syscall.EMFILE:  "busy: the machine cannot start another program: start: " + syscall.EMFILE.Error(),
		syscall.ENOEXEC: `invalid: "/bin/tool" is not a program for this machine`,
		syscall.EIO:     "failed: start: " + syscall.EIO.Error(),
	} {
		if got := startFailure(s, fmt.Errorf("start: %w", err)).Error(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestAWriteEndsAtTheEndOfItsContext(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	in := input{pipe: w, turn: make(chan struct{}, 1)}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	waiting := make(chan error)
	go func() { waiting <- in.write(ctx, strings.Repeat("x", 1<<20)) }()
	if err := in.write(ctx, strings.Repeat("x", 1<<20)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a write that nobody reads: got %v", err)
	}
	if err := <-waiting; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a second write: got %v", err)
	}
	var all bytes.Buffer
	read := make(chan struct{})
	go func() {
		defer close(read)
		io.Copy(&all, r)
	}()
	for range 100 {
		ctx, cancel := context.WithCancel(t.Context())
		err := in.write(ctx, "end")
		cancel()
		if err != nil {
			t.Fatalf("a write after one that was interrupted: %v", err)
		}
	}
	for range 2000 { // the end of a context does not interrupt the next write
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		in.write(ctx, "")
		if err := in.write(t.Context(), "x"); err != nil {
			t.Fatalf("a write after another whose context ended: %v", err)
		}
	}
	in.pipe.Close()
	<-read
	if !strings.HasSuffix(all.String(), strings.Repeat("end", 100)+strings.Repeat("x", 2000)) {
		t.Error("the last writes are missing")
	}
	if err := in.write(t.Context(), "x"); !errors.Is(err, os.ErrClosed) {
		t.Errorf("a write after the end: got %v", err)
	}
}
