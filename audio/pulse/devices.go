package pulse

import (
	"cmp"
	"context"

	"github.com/jfreymuth/pulse/proto"
)

// A Device is a sink or a source of a sound server.
type Device struct {
	Name        string // what Options.Device takes
	Description string // for people
	Default     bool   // the one that the server takes when none is named
	Monitor     bool   // not a microphone, but what a speaker plays
}

// Devices lists what the server of opts can play on and record from.
func Devices(ctx context.Context, opts Options) (speakers, microphones []Device, err error) {
	conn, err := connect(ctx, opts.Server, nil)
	if err != nil {
		return nil, nil, err
	}
	defer conn.close()
	var server proto.GetServerInfoReply
	var sinks proto.GetSinkInfoListReply
	var sources proto.GetSourceInfoListReply
	if err := cmp.Or(
		conn.request(&proto.GetServerInfo{}, &server),
		conn.request(&proto.GetSinkInfoList{}, &sinks),
		conn.request(&proto.GetSourceInfoList{}, &sources),
	); err != nil {
		return nil, nil, err
	}
	for _, s := range sinks {
		speakers = append(speakers, Device{
			Name: s.SinkName, Description: description(s.Properties, s.SinkName),
			Default: s.SinkName == server.DefaultSinkName,
		})
	}
	for _, s := range sources {
		microphones = append(microphones, Device{
			Name: s.SourceName, Description: description(s.Properties, s.SourceName),
			Default: s.SourceName == server.DefaultSourceName,
			Monitor: isMonitor(s),
		})
	}
	return speakers, microphones, nil
}

// isMonitor is whether a source gives what a sink plays.
func isMonitor(s *proto.GetSourceInfoReply) bool { return s.MonitorSourceIndex != proto.Undefined }

// description is what people call the device of that name.
func description(props proto.PropList, name string) string {
	entry, ok := props["device.description"]
	if !ok || entry.String() == "" {
		return name
	}
	return entry.String()
}
