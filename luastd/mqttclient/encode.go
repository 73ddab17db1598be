package mqttclient

import "encoding/binary"

// The kinds of packets.
const (
	kindConnect = iota + 1
	kindConnack
	kindPublish
	kindPuback
	kindPubrec
	kindPubrel
	kindPubcomp
	kindSubscribe
	kindSuback
	kindUnsubscribe
	kindUnsuback
	kindPingreq
	kindPingresp
	kindDisconnect
)

// The versions of the protocol, as a CONNECT packet has them.
const (
	version3 = 4 // MQTT 3.1.1
	version5 = 5
)

// The properties of MQTT 5 that are used.
const (
	propExpiry           = 0x02
	propContentType      = 0x03
	propResponseTopic    = 0x08
	propCorrelation      = 0x09
	propSubscription     = 0x0b
	propSessionExpiry    = 0x11
	propServerKeepAlive  = 0x13
	propWillDelay        = 0x18
	propReason           = 0x1f
	propReceiveMaximum   = 0x21
	propMaximumQoS       = 0x24
	propRetainAvailable  = 0x25
	propUser             = 0x26
	propMaximumPacket    = 0x27
	propSubscriptionsIDs = 0x29
)

func appendText(dst []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint16(dst, uint16(len(s))), s...)
}

// appendLength appends n in the form that MQTT calls a variable byte integer.
func appendLength(dst []byte, n int) []byte {
	for ; n > 127; n >>= 7 {
		dst = append(dst, byte(n)|0x80)
	}
	return append(dst, byte(n))
}

// appendPacket appends a packet with this first byte.
func appendPacket(dst []byte, first byte, body []byte) []byte {
	return append(appendLength(append(dst, first), len(body)), body...)
}

// appendProperties appends the properties of a packet. Before MQTT 5, there are none.
func appendProperties(dst []byte, version byte, properties []byte) []byte {
	if version < version5 {
		return dst
	}
	return append(appendLength(dst, len(properties)), properties...)
}

// messageProperties returns the properties of m.
func messageProperties(m *Message) (p []byte) {
	if m.Expiry > 0 {
		p = binary.BigEndian.AppendUint32(append(p, propExpiry), m.Expiry)
	}
	for _, text := range []struct {
		property byte
		value    string
	}{{propContentType, m.ContentType}, {propResponseTopic, m.ResponseTopic}, {propCorrelation, m.Correlation}} {
		if text.value != "" {
			p = appendText(append(p, text.property), text.value)
		}
	}
	for _, pair := range m.User {
		p = appendText(appendText(append(p, propUser), pair[0]), pair[1])
	}
	return p
}

// appendConnect appends the packet that opens a session. A server must not send packets of more
// than maxPacket bytes.
func appendConnect(dst []byte, version byte, o *Options, maxPacket int) []byte {
	body := append(appendText(nil, "MQTT"), version)
	flags, rest := byte(0), []byte(nil)
	if o.SessionExpiry == 0 {
		flags |= 0x02
	}
	will := o.will()
	if will != nil {
		flags |= 0x04 | will.QoS<<3
		if will.Retain {
			flags |= 0x20
		}
		properties := messageProperties(will)
		if o.WillDelay > 0 {
			properties = binary.BigEndian.AppendUint32(append(properties, propWillDelay), uint32(o.WillDelay.Seconds()))
		}
		rest = appendProperties(rest, version, properties)
		rest = appendText(appendText(rest, will.Topic), will.Payload)
	}
	if o.User != "" || o.Password != "" {
		flags |= 0x80
		rest = appendText(rest, o.User)
	}
	if o.Password != "" {
		flags |= 0x40
		rest = appendText(rest, o.Password)
	}
	body = binary.BigEndian.AppendUint16(append(body, flags), uint16(o.KeepAlive.Seconds()))
	properties := binary.BigEndian.AppendUint32([]byte{propMaximumPacket}, uint32(maxPacket))
	if o.SessionExpiry > 0 {
		properties = binary.BigEndian.AppendUint32(append(properties, propSessionExpiry), o.SessionExpiry)
	}
	body = appendProperties(body, version, properties)
	body = append(appendText(body, o.ClientID), rest...)
	return appendPacket(dst, kindConnect<<4, body)
}

// appendPublish appends a message. isRepeated says that the message has perhaps been sent before.
func appendPublish(dst []byte, version byte, m *Message, id uint16, isRepeated bool) []byte {
	first := byte(kindPublish<<4 | m.QoS<<1)
	if isRepeated {
		first |= 0x08
	}
	if m.Retain {
		first |= 0x01
	}
	head := appendText(nil, m.Topic)
	if m.QoS > 0 {
		head = binary.BigEndian.AppendUint16(head, id)
	}
	head = appendProperties(head, version, messageProperties(m))
	dst = appendLength(append(dst, first), len(head)+len(m.Payload))
	return append(append(dst, head...), m.Payload...)
}

// appendAck appends the acknowledgement of the packet with this id.
func appendAck(dst []byte, version, kind byte, id uint16, code byte) []byte {
	first := kind << 4
	if kind == kindPubrel {
		first |= 0x02
	}
	body := binary.BigEndian.AppendUint16(nil, id)
	if version == version5 && code != 0 {
		body = append(body, code)
	}
	return appendPacket(dst, first, body)
}

// appendSubscribe appends the packet that subscribes to a filter. A subscription of 0 means that
// messages do not say to which subscription they belong.
func appendSubscribe(dst []byte, version byte, id uint16, filter string, o SubscribeOptions, subscription int) []byte {
	body := binary.BigEndian.AppendUint16(nil, id)
	var properties []byte
	if subscription > 0 {
		properties = appendLength([]byte{propSubscription}, subscription)
	}
	body = appendText(appendProperties(body, version, properties), filter)
	options := o.QoS
	if version == version5 {
		if o.NoLocal {
			options |= 0x04
		}
		if !o.Retained {
			options |= 0x20
		}
	}
	return appendPacket(dst, kindSubscribe<<4|0x02, append(body, options))
}

func appendUnsubscribe(dst []byte, version byte, id uint16, filter string) []byte {
	body := appendProperties(binary.BigEndian.AppendUint16(nil, id), version, nil)
	return appendPacket(dst, kindUnsubscribe<<4|0x02, appendText(body, filter))
}
