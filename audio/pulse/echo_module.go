package pulse

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"moonlark/audio"
	"strconv"
	"strings"
	"sync"

	"github.com/jfreymuth/pulse/proto"
)

// EchoCancellerOptions are the settings of an [EchoCanceller]. The zero value selects the default
// devices of the local sound server.
type EchoCancellerOptions struct {
	// Server is the address of the sound server, in the syntax of the environment variable
	// PULSE_SERVER. Empty means the value of PULSE_SERVER, or otherwise the local sound server.
	Server string

	// Speaker is the name of a sink, and Microphone is the name of a source. Empty means the
	// server's default device.
	Speaker, Microphone string

	// Log receives messages for the user. It may be nil.
	Log *slog.Logger
}

const (
	echoModule = "module-echo-cancel"   // name of the server's module that cancels the echo
	echoSink   = "moonlark_echo_sink"   // name of the sink that the module creates
	echoSource = "moonlark_echo_source" // name of the source that the module creates
	// device property that contains the number of the client that loaded the module
	echoOwner = "moonlark.client"
)

// An EchoCanceller removes the speaker's sound from the microphone's sound. It runs inside the
// sound server, as a module. Its methods Speaker and Microphone are meant to be used as
// [Options.Find]. Then the module is loaded again after a restart of the server:
//
//	speaker := pulse.NewSpeaker(pulse.Options{Find: canceller.Speaker})
//	microphone := pulse.NewMicrophone(pulse.Options{Find: canceller.Microphone})
type EchoCanceller struct {
	opts EchoCancellerOptions // never changes after NewEchoCanceller

	mu sync.Mutex // guards the fields below; held during requests to the server
	// connection that stays open, so that other processes see that the canceller is in use; nil
	// before Ensure
	conn   *connection
	closed bool // Close was called
}

// NewEchoCanceller returns an EchoCanceller. The first call of Speaker, Microphone or Ensure loads
// its module into the sound server.
func NewEchoCanceller(opts EchoCancellerOptions) *EchoCanceller { return &EchoCanceller{opts: opts} }

// Speaker calls Ensure and returns the name of the sink on which to play.
func (c *EchoCanceller) Speaker(ctx context.Context) (string, error) { return echoSink, c.Ensure(ctx) }

// Microphone calls Ensure and returns the name of the source from which to record.
func (c *EchoCanceller) Microphone(ctx context.Context) (string, error) {
	return echoSource, c.Ensure(ctx)
}

// Ensure loads the module into the server if it is not loaded. If another running Moonlark has
// loaded the module, both use the same one. If a Moonlark that has crashed has left a module,
// Ensure replaces that module.
func (c *EchoCanceller) Ensure(ctx context.Context) error {
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

func (c *EchoCanceller) ensure(ctx context.Context) error {
	if c.conn != nil && c.conn.failed() {
		c.conn.close()
		c.conn = nil
	}
	if c.conn == nil {
		conn, err := connectBeyond(ctx, c.opts.Server)
		if err != nil {
			return err
		}
		c.conn = conn
	}
	defer c.conn.failWhenDone(ctx)()

	var sink proto.GetSinkInfoReply
	err := c.conn.request(&proto.GetSinkInfo{SinkIndex: anyIndex, SinkName: echoSink}, &sink)
	switch {
	case errors.Is(err, serverError(proto.ErrNoSuchEntity)):
		return c.load()
	case err != nil:
		return err
	case c.conn.owns(sink.Properties):
		return nil
	case c.conn.ownedByRunningMoonlark(sink.Properties):
		return nil
	}
	if err := c.unload(); err != nil {
		return err
	}
	return c.load()
}

// connectBeyond connects to the sound server. If ctx is done before the connection is complete,
// connectBeyond returns an error. If ctx is done later, the connection stays open; this is the
// difference from connect.
func connectBeyond(ctx context.Context, server string) (*connection, error) {
	connCtx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })
	defer stop()
	return connect(connCtx, server, nil)
}

// owns reports whether a device with the properties props was created for this client.
func (c *connection) owns(props proto.PropList) bool {
	return owner(props) == strconv.FormatUint(uint64(c.clientIndex), 10)
}

// ownedByRunningMoonlark reports whether a device with the properties props was created for a
// Moonlark that is still running.
func (c *connection) ownedByRunningMoonlark(props proto.PropList) bool {
	index, err := strconv.ParseUint(owner(props), 10, 32)
	if err != nil {
		return false
	}
	var client proto.GetClientInfoReply
	if c.request(&proto.GetClientInfo{ClientIndex: uint32(index)}, &client) != nil {
		return false
	}
	return client.Application == clientName || client.Properties["application.name"].String() == clientName
}

// owner returns the number of the client that loaded the module of a device, or "" if the device
// has no such property.
func owner(props proto.PropList) string { return props[echoOwner].String() }

// load loads the module for the chosen devices. It always passes the names of the devices to the
// module. Otherwise the module would use the server's default devices, and these may become the
// devices that the module itself creates.
func (c *EchoCanceller) load() error {
	speaker, microphone, err := c.devices()
	if err != nil {
		return err
	}
	c.conn.client.SetTimeout(openTimeout)
	defer c.conn.client.SetTimeout(requestTimeout)
	var failures []string
	for _, m := range []struct{ name, args string }{
		{"webrtc", `aec_args="analog_gain_control=0 digital_gain_control=0 extended_filter=1"`},
		{"speex", ""}, // a server that was built without webrtc supports only speex
	} {
		property := fmt.Sprintf("%s=%d", echoOwner, c.conn.clientIndex)
		args := []string{
			"sink_name=" + echoSink, "source_name=" + echoSource,
			"sink_master=" + speaker, "source_master=" + microphone,
			"rate=" + strconv.Itoa(audio.Rate), "channels=1", "aec_method=" + m.name,
			`sink_properties="` + property + ` device.description='Moonlark speaker'"`,
			`source_properties="` + property + ` device.description='Moonlark microphone'"`,
			m.args,
		}
		var reply proto.LoadModuleReply
		err := c.conn.request(&proto.LoadModule{Name: echoModule, Args: strings.Join(args, " ")}, &reply)
		if err == nil {
			return nil
		}
		if c.conn.failed() {
			return err
		}
		failures = append(failures, fmt.Sprintf("%s: %v", m.name, err))
	}
	return errors.New(strings.Join(failures, "; "))
}

// devices returns the names of the sink and the source between which the module must cancel the
// echo. It returns an error if they do not exist or cannot be used.
func (c *EchoCanceller) devices() (speaker, microphone string, err error) {
	var server proto.GetServerInfoReply
	if err := c.conn.request(&proto.GetServerInfo{}, &server); err != nil {
		return "", "", err
	}
	var sink proto.GetSinkInfoReply
	var source proto.GetSourceInfoReply
	speaker = cmp.Or(c.opts.Speaker, server.DefaultSinkName)
	if err := c.conn.request(&proto.GetSinkInfo{SinkIndex: anyIndex, SinkName: truncate(speaker)}, &sink); err != nil {
		return "", "", fmt.Errorf("speaker %s: %w", speaker, err)
	}
	microphone = cmp.Or(c.opts.Microphone, server.DefaultSourceName)
	if err := c.conn.request(&proto.GetSourceInfo{SourceIndex: anyIndex, SourceName: truncate(microphone)}, &source); err != nil {
		return "", "", fmt.Errorf("microphone %s: %w", microphone, err)
	}
	// The default device may itself belong to an echo canceller. In this case, use the device on
	// which that canceller plays or records.
	if master := sink.Properties["device.master_device"]; c.opts.Speaker == "" && len(master) > 1 {
		speaker = master.String()
	}
	if master := source.Properties["device.master_device"]; c.opts.Microphone == "" && len(master) > 1 {
		microphone = master.String()
	}
	if isMonitor(&source) && source.MonitorSourceName == speaker {
		return "", "", fmt.Errorf("the only microphone is the monitor of the speaker %s", speaker)
	}
	for _, name := range []string{speaker, microphone} {
		if len(name) > 200 || strings.ContainsAny(name, " \t\"'\\") {
			return "", "", fmt.Errorf("the device name %q is not supported", name)
		}
	}
	return speaker, microphone, nil
}

// unload unloads all echo cancellers that have created devices with our names. PipeWire does not
// report which module has created a sink, so unload compares the arguments of the modules.
func (c *EchoCanceller) unload() error {
	var modules proto.GetModuleInfoListReply
	if err := c.conn.request(&proto.GetModuleInfoList{}, &modules); err != nil {
		return err
	}
	for _, m := range modules {
		if m.ModuleName != echoModule || !strings.Contains(m.ModuleArgs, "sink_name="+echoSink) {
			continue
		}
		err := c.conn.request(&proto.UnloadModule{ModuleIndex: m.ModuleIndex}, nil)
		if err != nil && !errors.Is(err, serverError(proto.ErrNoSuchEntity)) {
			return err
		}
	}
	return nil
}

// Close unloads the module, unless another process has loaded it. Streams that use the canceller's
// devices then fail.
func (c *EchoCanceller) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.conn == nil {
		return nil
	}
	if err := c.unloadOurs(); err != nil {
		return fmt.Errorf("echo canceller: unload: %w", err)
	}
	return nil
}

// unloadOurs unloads the module if this process has loaded it and it is still loaded. If the
// connection has failed, unloadOurs connects again.
func (c *EchoCanceller) unloadOurs() error {
	index := strconv.FormatUint(uint64(c.conn.clientIndex), 10)
	if c.conn.failed() {
		c.conn.close()
		conn, err := connect(context.Background(), c.opts.Server, nil)
		if err != nil {
			return nil // the server has ended, and its modules with it
		}
		c.conn = conn
	}
	defer c.conn.close()
	var sink proto.GetSinkInfoReply
	err := c.conn.request(&proto.GetSinkInfo{SinkIndex: anyIndex, SinkName: echoSink}, &sink)
	if errors.Is(err, serverError(proto.ErrNoSuchEntity)) || err == nil && owner(sink.Properties) != index {
		return nil
	} else if err != nil {
		return err
	}
	return c.unload()
}
