package pulse

import (
	"cmp"
	"context"

	"github.com/jfreymuth/pulse/proto"
)

// A Device is a sink (speaker) or a source (microphone) of a sound server.
type Device struct {
	Name        string // name of the device for Options.Device
	Description string // name of the device to show to users
	Default     bool   // the device is the server's default device
	// the device is not a microphone, but a source that records the sound of a sink
	Monitor bool
}

// Devices returns the sinks and the sources of the sound server at opts.Server.
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

// isMonitor reports whether the source s records the sound that a sink plays.
func isMonitor(s *proto.GetSourceInfoReply) bool { return s.MonitorSourceIndex != proto.Undefined }

// description returns the description of a device from its properties props, or name if props
// contains no description.
func description(props proto.PropList, name string) string {
	entry, ok := props["device.description"]
	if !ok || entry.String() == "" {
		return name
	}
	return entry.String()
}
