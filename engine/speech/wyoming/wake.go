package wyoming

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"moonlark/audio/pcm"
	"moonlark/engine/safetext"
	"moonlark/engine/speech"
)

const (
	// wakePort is the usual port of Wyoming servers that recognise wake words.
	wakePort = "10400"

	// chunk is the duration of the sound in one event.
	chunk = 40 * time.Millisecond

	// maxText is the maximum length in bytes of a name or a message from the server. A longer text
	// is cut.
	maxText = 100
)

// format is the format of the sound that the server gets.
var format = pcm.Format{Encoding: pcm.S16, Rate: speech.Rate}

// A WakeRecogniser recognises wake words with a Wyoming server, such as wyoming-openwakeword or
// wyoming-microwakeword.
type WakeRecogniser struct {
	address string
	names   []string // the wake words to recognise; empty means all that the server knows
	log     *slog.Logger
}

var _ speech.WakeRecogniser = (*WakeRecogniser)(nil)

// NewWakeRecogniser returns a recogniser for the server and the wake words in text, which has the
// form HOST[:PORT][,NAME...]. The recogniser writes error messages of the server to log. The error
// of NewWakeRecogniser says what is wrong with text.
func NewWakeRecogniser(text string, log *slog.Logger) (*WakeRecogniser, error) {
	server, names, _ := strings.Cut(text, ",")
	address, err := Address(server, wakePort)
	if err != nil {
		return nil, err
	}
	w := &WakeRecogniser{address: address, log: log}
	for name := range strings.SplitSeq(names, ",") {
		if name = strings.TrimSpace(name); name != "" {
			w.names = append(w.names, name)
		}
	}
	return w, nil
}

// String returns the wake words and the address of the server.
func (w *WakeRecogniser) String() string {
	if len(w.names) > 0 {
		return strings.Join(w.names, ", ") + " at " + w.address
	}
	return "wyoming at " + w.address
}

// Recognise implements [speech.WakeRecogniser]. It calls working and sends sound on the caller's
// goroutine. It receives detections, and calls detected, on a goroutine of its own, which ends
// before Recognise returns.
func (w *WakeRecogniser) Recognise(ctx context.Context, read func(context.Context, []byte) error, working func(), detected func(speech.Detection)) error {
	client, err := Dial(ctx, w.address)
	if err != nil {
		return err // this error contains the address
	}
	defer client.Close()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	defer context.AfterFunc(ctx, func() { client.Close() })()
	var receiving sync.WaitGroup
	if err := w.askInfo(client); err != nil {
		stop(err)
	} else {
		working()
		receiving.Go(func() { stop(w.receive(client, detected)) })
		stop(w.send(ctx, client, read))
	}
	receiving.Wait()
	return fmt.Errorf("%s: %w", w.address, context.Cause(ctx))
}

// askInfo asks the server which wake words it knows. It returns an error if the server cannot
// recognise wake words. It logs a warning about each word in w.names that the server does not list.
func (w *WakeRecogniser) askInfo(client *Client) error {
	e, err := client.Info()
	if err != nil {
		return err
	}
	var info struct {
		Wake []struct{ Models []struct{ Name string } }
	}
	if err := e.Decode(&info); err != nil {
		return fmt.Errorf("the server's description of itself: %w", err)
	}
	if len(info.Wake) == 0 {
		return errors.New("the server does not recognise wake words")
	}
	var known []string
	for _, program := range info.Wake {
		for _, model := range program.Models {
			known = append(known, safe(model.Name))
		}
	}
	for _, name := range w.names {
		if len(known) > 0 && !slices.ContainsFunc(known, func(k string) bool { return sameModel(k, name) }) {
			w.log.Warn(fmt.Sprintf("wake word: %q is not among those that the recogniser lists: %s", name, strings.Join(known, ", ")))
		}
	}
	return nil
}

// send tells the server which wake words to recognise, and then sends the sound from read until ctx
// is done or the connection fails. It returns the reason.
func (w *WakeRecogniser) send(ctx context.Context, client *Client, read func(context.Context, []byte) error) error {
	detect := struct {
		Names []string `json:"names,omitempty"`
	}{w.names}
	if err := client.Send("detect", detect, nil); err != nil {
		return err
	}
	sound := soundFields{Rate: format.Rate, Width: format.SampleBytes(), Channels: 1}
	if err := client.Send("audio-start", sound, nil); err != nil {
		return err
	}
	wire := make([]byte, format.Bytes(chunk))
	for sent := 0; ; sent += len(wire) {
		if err := read(ctx, wire); err != nil {
			return err
		}
		sound.Timestamp = format.Duration(sent).Milliseconds()
		if err := client.Send("audio-chunk", sound, wire); err != nil {
			return err
		}
	}
}

// soundFields are the fields of the events "audio-start" and "audio-chunk".
type soundFields struct {
	Rate      int   `json:"rate"`
	Width     int   `json:"width"` // bytes per sample
	Channels  int   `json:"channels"`
	Timestamp int64 `json:"timestamp"` // milliseconds since the first sound
}

// receive handles the events from the server until the connection is lost, and returns the error.
func (w *WakeRecogniser) receive(client *Client, detected func(speech.Detection)) error {
	for {
		e, err := client.Receive()
		if err != nil {
			return err
		}
		switch e.Type {
		case "detection":
			var d struct {
				Name  string
				Score any // not a part of the protocol, but some servers send a score
			}
			if e.Decode(&d) == nil && w.wants(d.Name) {
				score, _ := d.Score.(float64)
				detected(speech.Detection{Word: safe(d.Name), Score: min(max(score, 0), 1)})
			}
		case "error":
			var message struct{ Text string }
			e.Decode(&message)
			w.log.Warn("wake word: the recogniser reports an error: " + safe(message.Text))
		}
	}
}

// wants reports whether w.names contains the detected word. The check is needed because some
// servers report every wake word that they know. An empty word, or empty w.names, means yes.
func (w *WakeRecogniser) wants(word string) bool {
	return word == "" || len(w.names) == 0 || slices.ContainsFunc(w.names, func(name string) bool { return sameModel(word, name) })
}

// modelVersion matches the version at the end of the name of a model, such as "_v0.1".
var modelVersion = regexp.MustCompile(`[_ ]v[0-9.]+$`)

// sameModel reports whether a and b are names of the same model, as "Hey Jarvis" and
// "hey_jarvis_v0.1" are.
func sameModel(a, b string) bool { return plainName(a) == plainName(b) }

func plainName(name string) string {
	name = modelVersion.ReplaceAllString(strings.ToLower(strings.TrimSpace(name)), "")
	return strings.ReplaceAll(name, "_", " ")
}

// safe returns text from the server, cut to maxText, in a form that is safe to show and to log.
func safe(text string) string { return safetext.Cut(safetext.Line(text), maxText, "") }
