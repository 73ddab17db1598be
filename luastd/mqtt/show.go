package mqtt

import (
	"strings"
	"unicode/utf8"

	"moonlark/engine/activity"
	"moonlark/luastd/mqttclient"
	"moonlark/luastd/sockets"
)

// tab shows the messages of the scripts. A payload that is not text is left out.
var tab = activity.Tab{
	ID: "mqtt", Title: "MQTT", About: "No script has sent or received a message yet.",
	Columns: []activity.Column{
		{Name: "direction"}, {Name: "topic"}, {Name: "payload"}, {Name: "bytes", Unit: activity.Sum}, {Name: "qos", Unit: activity.Number}, {Name: "retained"},
	},
}

// show shows a message that the script sends ("out") or receives ("in").
func (c *client) show(direction string, m *mqttclient.Message) {
	c.m.rt.ShowActivity(&tab, func() []any {
		values := []any{direction, m.Topic, nil, len(m.Payload), int(m.QoS), nil}
		if payload := activity.Prefix(m.Payload); !strings.ContainsRune(payload, utf8.RuneError) {
			values[2] = payload
		}
		if m.Retain {
			values[5] = true
		}
		return values
	})
}

// publish publishes a message, and shows it if the client has accepted it: see
// mqttclient.Client.Publish.
func (c *client) publish(m *mqttclient.Message, done func(*sockets.Failure)) (queued bool, f *sockets.Failure) {
	if queued, f = c.session.Publish(m, done); f == nil {
		c.show("out", m)
	}
	return queued, f
}
