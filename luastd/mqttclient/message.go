package mqttclient

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// A Message is a message of MQTT. It never changes. The fields from Expiry on exist only in MQTT 5.
type Message struct {
	Topic   string
	Payload string
	QoS     byte
	Retain  bool

	Expiry        uint32 // seconds after which the broker drops the message; 0: never
	ContentType   string
	ResponseTopic string
	Correlation   string
	User          [][2]string // names and values
}

// size returns about how many bytes m has.
func (m *Message) size() int {
	n := len(m.Topic) + len(m.Payload) + len(m.ContentType) + len(m.ResponseTopic) + len(m.Correlation)
	for _, pair := range m.User {
		n += len(pair[0]) + len(pair[1])
	}
	return n
}

// memory returns about how many bytes a message that waits for a script takes. User properties take
// memory even if their names and values are empty.
func (m *Message) memory() int { return m.size() + 32*len(m.User) }

// maxText is the maximal length of a topic, and of other texts, in bytes.
const maxText = 65535

// CheckText returns an error unless MQTT allows the text s.
func CheckText(s string) error {
	switch {
	case len(s) > maxText:
		return fmt.Errorf("it has %d bytes; the maximum is %d", len(s), maxText)
	case !utf8.ValidString(s):
		return errors.New("it is not UTF-8")
	case strings.Contains(s, "\x00"):
		return errors.New("it contains a zero byte")
	}
	return nil
}

// CheckTopic returns an error unless messages can have the topic s.
func CheckTopic(s string) error {
	switch err := CheckText(s); {
	case err != nil:
		return err
	case s == "":
		return errors.New("it is empty")
	case strings.ContainsAny(s, "+#"):
		return errors.New("it contains + or #, which only filters may contain")
	}
	return nil
}

// CheckFilter returns an error unless s is a filter.
func CheckFilter(s string) error {
	if err := CheckText(s); err != nil {
		return err
	}
	if group, ok := strings.CutPrefix(s, "$share/"); ok {
		name, rest, _ := strings.Cut(group, "/")
		if name == "" || rest == "" || strings.ContainsAny(name, "+#") {
			return errors.New("a shared subscription has the form $share/NAME/FILTER")
		}
		s = rest
	}
	if s == "" {
		return errors.New("it is empty")
	}
	levels := strings.Split(s, "/")
	for i, level := range levels {
		switch {
		case strings.Contains(level, "#") && (level != "#" || i < len(levels)-1):
			return errors.New("# must be the last level")
		case strings.Contains(level, "+") && level != "+":
			return errors.New("+ must be a level of its own")
		}
	}
	return nil
}

// Match returns what the wildcards + and # of the filter stand for in the topic. ok is false if the
// topic does not match.
func Match(filter, topic string) (levels []string, ok bool) {
	if group, shared := strings.CutPrefix(filter, "$share/"); shared {
		_, filter, _ = strings.Cut(group, "/")
	}
	if strings.HasPrefix(topic, "$") && (strings.HasPrefix(filter, "+") || strings.HasPrefix(filter, "#")) {
		return nil, false
	}
	for {
		level, restOfFilter, moreFilter := strings.Cut(filter, "/")
		if level == "#" {
			return append(levels, topic), true
		}
		name, restOfTopic, moreTopic := strings.Cut(topic, "/")
		switch {
		case level == "+":
			levels = append(levels, name)
		case level != name:
			return nil, false
		}
		switch {
		case !moreFilter && !moreTopic:
			return levels, true
		case !moreTopic && restOfFilter == "#": // a/# matches a
			return append(levels, ""), true
		case !moreFilter || !moreTopic:
			return nil, false
		}
		filter, topic = restOfFilter, restOfTopic
	}
}
