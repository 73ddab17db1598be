package wake

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	reachTime = 5 * time.Second  // for a server to be reached, and then to say what it is
	stuckTime = 10 * time.Second // for it to take a piece of sound

	// What is longer is nothing that a recogniser says, in bytes.
	mostHeader = 64 << 10
	mostData   = 4 << 20
)

// A wyoming is a recogniser that is a server, as wyoming-openwakeword and
// wyoming-microwakeword are. Each event of that protocol is a line of JSON, then
// as many bytes of more JSON and of payload as it says.
type wyoming struct {
	address string
	names   []string // to listen for; none: for all that it knows
	log     *slog.Logger
}

func (w *wyoming) String() string {
	if len(w.names) > 0 {
		return strings.Join(w.names, ", ") + " at " + w.address
	}
	return "wyoming at " + w.address
}

func (w *wyoming) listen(ctx context.Context, sound *feed, works func(), heard func(Detection)) error {
	dialer := net.Dialer{Timeout: reachTime}
	conn, err := dialer.DialContext(ctx, "tcp", w.address)
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	var reading sync.WaitGroup
	reading.Go(func() { stop(w.read(conn, works, heard)) })
	stop(w.write(ctx, conn, sound))
	reading.Wait()
	return fmt.Errorf("%s: %w", w.address, context.Cause(ctx))
}

// write asks the server what it is, and then gives it sound.
func (w *wyoming) write(ctx context.Context, conn net.Conn, sound *feed) error {
	type object = map[string]any
	kind := object{"rate": format.Rate, "width": format.SampleBytes(), "channels": 1, "timestamp": 0}
	detect := object{}
	if len(w.names) > 0 {
		detect["names"] = w.names
	}
	for _, e := range []outEvent{{"describe", object{}, 0}, {"detect", detect, 0}, {"audio-start", kind, 0}} {
		if err := send(conn, e, nil); err != nil {
			return err
		}
	}
	sound.start()
	chunk := make([]byte, format.Bytes(piece))
	for sent := 0; ; sent += len(chunk) {
		if err := sound.read(ctx, chunk); err != nil {
			return err
		}
		kind["timestamp"] = format.Duration(sent).Milliseconds()
		if err := send(conn, outEvent{"audio-chunk", kind, len(chunk)}, chunk); err != nil {
			return err
		}
	}
}

// An outEvent is the line of an event. Data stands in it, and not behind it, since
// that is what every version of the protocol reads.
type outEvent struct {
	Type    string         `json:"type"`
	Data    map[string]any `json:"data"`
	Payload int            `json:"payload_length,omitempty"`
}

func send(conn net.Conn, e outEvent, payload []byte) error {
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	conn.SetWriteDeadline(time.Now().Add(stuckTime))
	_, err = conn.Write(append(append(line, '\n'), payload...))
	return err
}

// read hears what the server has to say until it is lost.
func (w *wyoming) read(conn net.Conn, works func(), heard func(Detection)) error {
	in := bufio.NewReaderSize(conn, mostHeader)
	conn.SetReadDeadline(time.Now().Add(reachTime))
	for known := false; ; {
		kind, data, err := next(in)
		switch {
		case err != nil && !known && errors.Is(err, os.ErrDeadlineExceeded):
			return errors.New("it does not say what it is: is that a Wyoming server?")
		case err != nil:
			return err
		}
		switch kind {
		case "info":
			if err := w.meet(data); err != nil {
				return err
			}
			known = true
			conn.SetReadDeadline(time.Time{})
			works()
		case "detection":
			var d struct {
				Name  string
				Score any // not of the protocol: whoever has one may say it
			}
			if json.Unmarshal(data, &d) == nil && w.wants(d.Name) {
				score, _ := d.Score.(float64)
				heard(Detection{Word: tidy(d.Name), Score: min(max(score, 0), 1)})
			}
		case "error":
			var e struct{ Text string }
			json.Unmarshal(data, &e)
			w.log.Warn("wake word: the recogniser complains: " + tidy(e.Text))
		}
	}
}

// next is the next event: its type and its data.
func next(in *bufio.Reader) (kind string, data []byte, err error) {
	line, err := in.ReadSlice('\n')
	switch {
	case err == io.EOF && len(line) == 0:
		return "", nil, errors.New("the server has closed the connection")
	case err == bufio.ErrBufferFull:
		return "", nil, errors.New("the server does not speak Wyoming: its line has no end")
	case err != nil:
		return "", nil, err
	}
	var e struct {
		Type    string
		Data    json.RawMessage
		Length  int `json:"data_length"`
		Payload int `json:"payload_length"`
	}
	if err := json.Unmarshal(line, &e); err != nil || e.Type == "" {
		return "", nil, fmt.Errorf("the server does not speak Wyoming: it says %.40q", line)
	}
	if e.Length < 0 || e.Length > mostData || e.Payload < 0 || e.Payload > mostData {
		return "", nil, fmt.Errorf("the server has an event %.40q that is too long", e.Type)
	}
	if e.Length > 0 {
		e.Data = make([]byte, e.Length)
		if _, err := io.ReadFull(in, e.Data); err != nil {
			return "", nil, err
		}
	}
	if _, err := in.Discard(e.Payload); err != nil {
		return "", nil, err
	}
	return e.Type, e.Data, nil
}

// meet hears what the server says it can do.
func (w *wyoming) meet(info []byte) error {
	var can struct {
		Wake []struct{ Models []struct{ Name string } }
	}
	if err := json.Unmarshal(info, &can); err != nil {
		return fmt.Errorf("what the server says of itself makes no sense: %w", err)
	}
	if len(can.Wake) == 0 {
		return errors.New("the server there does not recognise wake words")
	}
	var known []string
	for _, program := range can.Wake {
		for _, model := range program.Models {
			known = append(known, tidy(model.Name))
		}
	}
	for _, name := range w.names {
		if len(known) > 0 && !slices.ContainsFunc(known, func(k string) bool { return same(k, name) }) {
			w.log.Warn(fmt.Sprintf("wake word: the recogniser does not say that it knows %q, but %s", name, strings.Join(known, ", ")))
		}
	}
	return nil
}

// wants says whether a word is one that is listened for. Some servers tell of
// all that they know.
func (w *wyoming) wants(word string) bool {
	return word == "" || len(w.names) == 0 || slices.ContainsFunc(w.names, func(name string) bool { return same(word, name) })
}

var version = regexp.MustCompile(`[_ ]v[0-9.]+$`)

// same says whether two names mean the same model: "Hey Jarvis", hey_jarvis_v0.1.
func same(a, b string) bool { return plain(a) == plain(b) }

func plain(name string) string {
	return strings.ReplaceAll(version.ReplaceAllString(strings.ToLower(strings.TrimSpace(name)), ""), "_", " ")
}
