package mqttclient

import (
	"bufio"
	"bytes"
	"reflect"
	"strings"
	"testing"
)

func TestAMessageSurvivesTheWire(t *testing.T) {
	for _, version := range []byte{version3, version5} {
		m := Message{Topic: "a/ü", Payload: strings.Repeat("x", 20000), QoS: 2, Retain: true}
		if version == version5 {
			m.Expiry, m.ContentType, m.ResponseTopic, m.Correlation = 5, "text/plain", "r", "\x00\xff"
			m.User = [][2]string{{"a", "1"}, {"a", "2"}}
		}
		p, err := readPacket(bufio.NewReader(bytes.NewReader(appendPublish(nil, version, &m, 77, true))), version, 1<<20)
		if err != nil || p.id != 77 || !reflect.DeepEqual(p.message, m) {
			t.Errorf("version %d: got %+v, %v", version, p, err)
		}
	}
}

func TestLevelsOfATopic(t *testing.T) {
	for _, row := range []struct {
		filter, topic string
		levels        []string
		ok            bool
	}{
		{"a/b", "a/b", nil, true},
		{"a/b", "a/b/c", nil, false},
		{"a/b/c", "a/b", nil, false},
		{"+/+", "/x", []string{"", "x"}, true},
		{"+", "a/b", nil, false},
		{"a/#", "a", []string{""}, true},
		{"a/#", "a/b/c", []string{"b/c"}, true},
		{"#", "a/b", []string{"a/b"}, true},
		{"#", "$SYS/x", nil, false},
		{"+/x", "$SYS/x", nil, false},
		{"$SYS/#", "$SYS/x", []string{"x"}, true},
		{"$share/group/a/+", "a/b", []string{"b"}, true},
		{"a/+/", "a/b/", []string{"b"}, true},
	} {
		if levels, ok := Match(row.filter, row.topic); ok != row.ok || !reflect.DeepEqual(levels, row.levels) {
			t.Errorf("%s %s: got %v, %v", row.filter, row.topic, levels, ok)
		}
	}
}

func TestFilters(t *testing.T) {
	for filter, want := range map[string]string{
		"a/+/b/#": "", "#": "", "+": "", "/": "", "$share/g/a/#": "",
		"": "it is empty", "a#": "# must be the last level", "#/a": "# must be the last level", "a/b+": "+ must be a level of its own",
		"$share/g": "a shared subscription has the form $share/NAME/FILTER", "a\x00": "it contains a zero byte",
	} {
		got := ""
		if err := CheckFilter(filter); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", filter, got, want)
		}
	}
}

// Whatever a broker sends, reading it neither fails badly nor takes much memory.
func FuzzReadPacket(f *testing.F) {
	m := &Message{Topic: "a/b", Payload: "x", QoS: 1, Expiry: 1, ContentType: "t", User: [][2]string{{"a", "b"}}}
	for _, packet := range [][]byte{
		accepted5, {kindConnack << 4, 2, 0, 1}, appendPublish(nil, version5, m, 1, false), appendPublish(nil, version3, m, 1, false),
		appendAck(nil, version5, kindPubrec, 1, 0x97), {kindSuback << 4, 4, 0, 1, 0, 1}, {kindDisconnect << 4, 2, 0x8e, 0}, {kindPingresp << 4, 0},
	} {
		f.Add(packet, true)
		f.Add(packet, false)
	}
	f.Fuzz(func(t *testing.T, data []byte, is5 bool) {
		version := byte(version3)
		if is5 {
			version = version5
		}
		r := bufio.NewReader(bytes.NewReader(data))
		for {
			p, err := readPacket(r, version, 1<<16)
			if err != nil {
				return
			}
			if p.kind == kindPublish && CheckTopic(p.message.Topic) != nil {
				t.Fatalf("the topic %q was accepted", p.message.Topic)
			}
		}
	})
}
