package pulse

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"

	"github.com/jfreymuth/pulse/proto"
)

// EchoOptions say how the echo of a speaker is taken out of what a microphone
// hears. Their zero value does it for the default devices.
type EchoOptions struct {
	// Server is the server's address, as PULSE_SERVER has it. Empty means that
	// it is looked for.
	Server string

	// Speaker and Microphone are the names of the sink and the source to work
	// on. Empty means the server's defaults.
	Speaker, Microphone string

	// Rate is at how many samples a second the canceller works, and with it
	// everything that is heard. Zero means 48000.
	Rate int

	// Log gets what a person should know. Nil means nobody.
	Log *slog.Logger
}

// The devices that a canceller makes.
const (
	echoSink   = "moonlark_echo_sink"
	echoSource = "moonlark_echo_source"
	echoModule = "module-echo-cancel"
	echoOwner  = "moonlark.client" // the property that says which client has loaded it
)

// A Canceller has the sound server take echo away: what plays on its speaker is
// not heard by its microphone. Give its methods to [Options.Find], so that it is
// there again after the server was started anew:
//
//	speaker := pulse.NewSpeaker(pulse.Options{Find: canceller.Speaker})
//	microphone := pulse.NewMicrophone(pulse.Options{Find: canceller.Microphone})
type Canceller struct {
	opts EchoOptions // fixed

	mu     sync.Mutex // guards what follows; held while the server is asked
	conn   *connection
	method string // that it works by
	closed bool
}

// NewCanceller makes a canceller that is loaded when it is first asked for its
// devices: a sound server may not be there yet.
func NewCanceller(opts EchoOptions) *Canceller { return &Canceller{opts: opts} }

// EchoCancel loads an echo canceller into the sound server, with its gain
// control off. One that a crashed program has left is replaced; one of another
// Moonlark that runs is shared. Close unloads it.
func EchoCancel(ctx context.Context, opts EchoOptions) (*Canceller, error) {
	c := NewCanceller(opts)
	if err := c.Ensure(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// Speaker is the sink to play on. It loads the canceller again if it is gone.
func (c *Canceller) Speaker(ctx context.Context) (string, error) { return echoSink, c.Ensure(ctx) }

// Microphone is the source to record from. It loads the canceller again if it is gone.
func (c *Canceller) Microphone(ctx context.Context) (string, error) { return echoSource, c.Ensure(ctx) }

// Method is what the server cancels by: webrtc, speex, or empty if another
// program has loaded it.
func (c *Canceller) Method() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.method
}

// Ensure loads the canceller again if it is gone, as it is after the server was
// started anew.
func (c *Canceller) Ensure(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return errors.New("echo canceller: closed")
	}
	if err := c.ensure(ctx); err != nil {
		return fmt.Errorf("echo canceller: %w", err)
	}
	return nil
}

func (c *Canceller) ensure(ctx context.Context) error {
	if c.conn != nil && c.conn.broken() {
		c.conn.close()
		c.conn = nil
	}
	if c.conn == nil {
		// It stays, as the sign that the canceller is in use: so only
		// the connecting may end with ctx.
		conn, err := connectFor(ctx, c.opts.Server)
		if err != nil {
			return err
		}
		c.conn = conn
	}
	defer c.conn.cutOff(ctx)()

	var sink proto.GetSinkInfoReply
	err := c.conn.request(&proto.GetSinkInfo{SinkIndex: noDevice, SinkName: echoSink}, &sink)
	switch {
	case errors.Is(err, refusalError(proto.ErrNoSuchEntity)):
		return c.load()
	case err != nil:
		return err
	case c.conn.owns(sink.Properties):
		return nil
	case c.conn.ownedByOther(sink.Properties):
		c.method = ""
		return nil
	}
	if err := c.unload(); err != nil {
		return err
	}
	return c.load()
}

// connectFor connects with the patience of ctx, to stay connected after it.
func connectFor(ctx context.Context, server string) (*connection, error) {
	lasting, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })
	defer stop()
	return connect(lasting, server, nil)
}

// owns is whether the device with those properties was made by this connection.
func (c *connection) owns(props proto.PropList) bool {
	return owner(props) == strconv.FormatUint(uint64(c.index), 10)
}

// ownedByOther is whether the device with those properties was made by a
// Moonlark that still runs.
func (c *connection) ownedByOther(props proto.PropList) bool {
	index, err := strconv.ParseUint(owner(props), 10, 32)
	if err != nil {
		return false
	}
	var client proto.GetClientInfoReply
	if c.request(&proto.GetClientInfo{ClientIndex: uint32(index)}, &client) != nil {
		return false
	}
	return client.Application == ourName || client.Properties["application.name"].String() == ourName
}

func owner(props proto.PropList) string { return props[echoOwner].String() }

// load loads the module for the devices that are wanted now, which are always
// named: a default would become the canceller itself.
func (c *Canceller) load() error {
	speaker, microphone, err := c.devices()
	if err != nil {
		return err
	}
	c.conn.client.SetTimeout(openPatience)
	defer c.conn.client.SetTimeout(patience)
	var failed []string
	for _, m := range []struct{ name, args string }{
		{"webrtc", `aec_args="analog_gain_control=0 digital_gain_control=0 extended_filter=1"`},
		{"speex", ""}, // not every server is built with webrtc
	} {
		mark := fmt.Sprintf("%s=%d", echoOwner, c.conn.index)
		args := []string{
			"sink_name=" + echoSink, "source_name=" + echoSource,
			"sink_master=" + speaker, "source_master=" + microphone,
			"rate=" + strconv.Itoa(cmp.Or(c.opts.Rate, 48000)), "channels=1", "aec_method=" + m.name,
			`sink_properties="` + mark + ` device.description='Moonlark speaker'"`,
			`source_properties="` + mark + ` device.description='Moonlark microphone'"`,
			m.args,
		}
		var got proto.LoadModuleReply
		err := c.conn.request(&proto.LoadModule{Name: echoModule, Args: strings.Join(args, " ")}, &got)
		if err == nil {
			c.method = m.name
			return nil
		}
		if c.conn.broken() {
			return err
		}
		failed = append(failed, fmt.Sprintf("%s: %v", m.name, err))
	}
	return errors.New(strings.Join(failed, "; "))
}

// devices are the names of the sink and the source to work on.
func (c *Canceller) devices() (speaker, microphone string, err error) {
	var server proto.GetServerInfoReply
	if err := c.conn.request(&proto.GetServerInfo{}, &server); err != nil {
		return "", "", err
	}
	var sink proto.GetSinkInfoReply
	var source proto.GetSourceInfoReply
	speaker = cmp.Or(c.opts.Speaker, server.DefaultSinkName)
	if err := c.conn.request(&proto.GetSinkInfo{SinkIndex: noDevice, SinkName: clip(speaker)}, &sink); err != nil {
		return "", "", fmt.Errorf("speaker %s: %w", speaker, err)
	}
	microphone = cmp.Or(c.opts.Microphone, server.DefaultSourceName)
	if err := c.conn.request(&proto.GetSourceInfo{SourceIndex: noDevice, SourceName: clip(microphone)}, &source); err != nil {
		return "", "", fmt.Errorf("microphone %s: %w", microphone, err)
	}
	// The default may be what another canceller makes of a device.
	if master := sink.Properties["device.master_device"]; c.opts.Speaker == "" && len(master) > 1 {
		speaker = master.String()
	}
	if master := source.Properties["device.master_device"]; c.opts.Microphone == "" && len(master) > 1 {
		microphone = master.String()
	}
	if isMonitor(&source) && source.MonitorSourceName == speaker {
		return "", "", fmt.Errorf("there is no microphone but what %s plays", speaker)
	}
	for _, name := range []string{speaker, microphone} {
		if len(name) > 200 || strings.ContainsAny(name, " \t\"'\\") {
			return "", "", fmt.Errorf("%q cannot be given to the sound server", name)
		}
	}
	return speaker, microphone, nil
}

// unload unloads every canceller with our names. PipeWire does not say which
// module has made a sink: so it goes by what they were loaded with.
func (c *Canceller) unload() error {
	var modules proto.GetModuleInfoListReply
	if err := c.conn.request(&proto.GetModuleInfoList{}, &modules); err != nil {
		return err
	}
	for _, m := range modules {
		if m.ModuleName != echoModule || !strings.Contains(m.ModuleArgs, "sink_name="+echoSink) {
			continue
		}
		err := c.conn.request(&proto.UnloadModule{ModuleIndex: m.ModuleIndex}, nil)
		if err != nil && !errors.Is(err, refusalError(proto.ErrNoSuchEntity)) {
			return err
		}
	}
	return nil
}

// Close unloads the canceller, unless another program has loaded it. What plays
// on it or records from it is gone then.
func (c *Canceller) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.conn == nil {
		return nil
	}
	if err := c.remove(); err != nil {
		return fmt.Errorf("echo canceller: unload: %w", err)
	}
	return nil
}

// remove unloads the canceller if it is ours and still there, also when the
// connection that it was loaded by broke.
func (c *Canceller) remove() error {
	mark := strconv.FormatUint(uint64(c.conn.index), 10)
	if c.conn.broken() {
		c.conn.close()
		conn, err := connect(context.Background(), c.opts.Server, nil)
		if err != nil {
			return nil // with the server the canceller is gone too
		}
		c.conn = conn
	}
	defer c.conn.close()
	var sink proto.GetSinkInfoReply
	err := c.conn.request(&proto.GetSinkInfo{SinkIndex: noDevice, SinkName: echoSink}, &sink)
	if errors.Is(err, refusalError(proto.ErrNoSuchEntity)) || err == nil && owner(sink.Properties) != mark {
		return nil
	} else if err != nil {
		return err
	}
	return c.unload()
}
