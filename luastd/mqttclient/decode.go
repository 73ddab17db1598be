package mqttclient

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// A packet is a packet that a broker has sent.
type packet struct {
	kind   byte
	id     uint16
	code   byte // of a CONNACK, a DISCONNECT or an acknowledgement
	reason string

	sessionPresent bool // CONNACK: the broker has kept the session
	limits         limits

	message       Message // PUBLISH
	isTooLarge    bool    // PUBLISH: the payload or the properties have been left out, because they are too large
	subscriptions []int   // PUBLISH: the subscriptions to which the message belongs
}

// limits are what a broker can do.
type limits struct {
	receiveMaximum    int // how many messages with QoS 1 and 2 may be without an acknowledgement
	maxPacket         int // in bytes; 0: no limit
	maxQoS            byte
	canRetain         bool
	noSubscriptionIDs bool // messages do not say to which subscription they belong
	serverKeepAlive   int  // seconds; 0: as the client has asked for
}

var (
	errCut      = errors.New("a packet ends too early")
	errLength   = errors.New("the length of a packet is wrong")
	errProperty = errors.New("a packet has a property that MQTT does not know")
)

// readPacket reads the next packet. If the packet is longer than maxPacket, it must be a message,
// whose payload is left out.
func readPacket(r *bufio.Reader, version byte, maxPacket int) (packet, error) {
	first, err := r.ReadByte()
	if err != nil {
		return packet{}, err
	}
	length, err := readLength(r)
	if err != nil {
		return packet{}, err
	}
	kept := length
	if length > maxPacket {
		if first>>4 != kindPublish {
			return packet{}, fmt.Errorf("a packet has %d bytes", length)
		}
		kept = min(length, maxText+4) // the topic and the id
	}
	body := make([]byte, kept)
	if _, err := io.ReadFull(r, body); err != nil {
		return packet{}, err
	}
	if kept == length {
		return decode(version, first, body)
	}
	if _, err := io.CopyN(io.Discard, r, int64(length-kept)); err != nil {
		return packet{}, err
	}
	d := &decoder{rest: body}
	p := packet{kind: kindPublish, isTooLarge: true}
	d.publishHead(&p, first)
	return p, d.err
}

// readLength reads a variable byte integer.
func readLength(r io.ByteReader) (n int, err error) {
	for shift := 0; shift < 28; shift += 7 {
		b, err := r.ReadByte()
		if err != nil {
			return 0, err
		}
		if n |= int(b&0x7f) << shift; b < 0x80 {
			return n, nil
		}
	}
	return 0, errLength
}

// decode returns the packet with this first byte and body.
func decode(version, first byte, body []byte) (packet, error) {
	p := packet{kind: first >> 4}
	d := &decoder{rest: body}
	switch p.kind {
	case kindConnack:
		d.connack(&p, version)
	case kindPublish:
		d.publishHead(&p, first)
		if version == version5 {
			d.properties(&p)
		}
		p.message.Payload = string(d.rest)
	case kindPuback, kindPubrec, kindPubrel, kindPubcomp:
		p.id = d.uint16()
		if version == version5 && len(d.rest) > 0 {
			p.code = d.byte()
			if len(d.rest) > 0 {
				d.properties(&p)
			}
		}
	case kindSuback:
		p.id = d.uint16()
		if version == version5 {
			d.properties(&p)
		}
		p.code = d.byte()
	case kindUnsuback:
		p.id = d.uint16()
	case kindPingresp:
	case kindDisconnect:
		if version != version5 {
			return p, fmt.Errorf("the broker has sent a packet of kind %d", p.kind)
		}
		if len(d.rest) > 0 {
			p.code = d.byte()
		}
		if len(d.rest) > 0 {
			d.properties(&p)
		}
	default:
		return p, fmt.Errorf("the broker has sent a packet of kind %d", p.kind)
	}
	return p, d.err
}

// A decoder takes the body of a packet apart. After an error, its methods return zero values.
type decoder struct {
	rest []byte
	err  error
}

// take returns the next n bytes, or nil if there are less.
func (d *decoder) take(n int) []byte {
	if d.err != nil || n > len(d.rest) {
		d.fail(errCut)
		return nil
	}
	taken := d.rest[:n]
	d.rest = d.rest[n:]
	return taken
}

func (d *decoder) fail(err error) {
	if d.err == nil {
		d.err = err
	}
	d.rest = nil
}

func (d *decoder) byte() byte {
	if b := d.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoder) uint16() uint16 {
	if b := d.take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (d *decoder) uint32() uint32 {
	if b := d.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

// ReadByte makes a decoder an io.ByteReader, for readLength.
func (d *decoder) ReadByte() (byte, error) {
	b := d.byte()
	return b, d.err
}

func (d *decoder) length() int {
	n, err := readLength(d)
	if err != nil {
		d.fail(err)
	}
	return n
}

func (d *decoder) bytes() string { return string(d.take(int(d.uint16()))) }

func (d *decoder) text() string {
	s := d.bytes()
	if !utf8.ValidString(s) {
		d.fail(errors.New("a text is not UTF-8"))
	}
	return s
}

func (d *decoder) connack(p *packet, version byte) {
	p.limits = limits{receiveMaximum: maxText, maxQoS: 2, canRetain: true}
	p.sessionPresent = d.byte()&1 != 0
	p.code = d.byte()
	if version == version5 && len(d.rest) > 0 { // a broker of MQTT 3.1.1 refuses the version without them
		d.properties(p)
	}
}

// publishHead takes the part of a message that comes before the properties.
func (d *decoder) publishHead(p *packet, first byte) {
	p.message.Topic = d.text()
	p.message.QoS = first >> 1 & 3
	p.message.Retain = first&1 != 0
	if p.message.QoS > 0 {
		p.id = d.uint16()
	}
	if d.err == nil && CheckTopic(p.message.Topic) != nil || p.message.QoS == 3 {
		d.fail(errors.New("the topic of a message is wrong"))
	}
}

// properties takes the properties of p.
func (d *decoder) properties(p *packet) {
	own := &decoder{rest: d.take(d.length())}
	if len(own.rest) > packetRoom {
		p.isTooLarge = true
		return
	}
	for len(own.rest) > 0 {
		own.property(p)
	}
	if own.err != nil {
		d.fail(own.err)
	}
}

// property takes one property of p.
func (d *decoder) property(p *packet) {
	switch d.length() {
	case propExpiry:
		p.message.Expiry = d.uint32()
	case propContentType:
		p.message.ContentType = d.text()
	case propResponseTopic:
		p.message.ResponseTopic = d.text()
	case propCorrelation:
		p.message.Correlation = d.bytes()
	case propSubscription:
		p.subscriptions = append(p.subscriptions, d.length())
	case propServerKeepAlive:
		p.limits.serverKeepAlive = int(d.uint16())
	case propReason:
		p.reason = d.text()
	case propReceiveMaximum:
		p.limits.receiveMaximum = max(1, int(d.uint16()))
	case propMaximumQoS:
		p.limits.maxQoS = d.byte()
	case propRetainAvailable:
		p.limits.canRetain = d.byte() != 0
	case propUser:
		name := d.text()
		p.message.User = append(p.message.User, [2]string{name, d.text()})
	case propMaximumPacket:
		p.limits.maxPacket = int(d.uint32())
	case propSubscriptionsIDs:
		if d.byte() == 0 {
			p.limits.noSubscriptionIDs = true
		}
	case propSessionExpiry, propWillDelay:
		d.uint32()
	case 0x22: // topic alias maximum
		d.uint16()
	case 0x01, 0x17, 0x19, 0x28, 0x2a: // bytes: whether there are problem and response informations, wildcards, shared subscriptions
		d.byte()
	case 0x12, 0x15, 0x1a, 0x1c: // texts: the client id, authentication, response information, another broker
		d.bytes()
	case 0x16: // data of authentication
		d.bytes()
	default: // also a topic alias, which the client has not allowed
		d.fail(errProperty)
	}
}
