package mail

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
	"time"
)

// encode returns the text of the mail, with its headers.
func (l *letter) encode() ([]byte, error) {
	var b bytes.Buffer
	header := func(name, text string) { fmt.Fprintf(&b, "%s: %s\r\n", name, text) }
	header("From", l.from.String())
	for _, list := range []struct {
		name      string
		addresses []*mail.Address
	}{{"To", l.to}, {"Cc", l.cc}} {
		if len(list.addresses) > 0 {
			header(list.name, joined(list.addresses))
		}
	}
	if l.replyTo != nil {
		header("Reply-To", l.replyTo.String())
	}
	header("Subject", encodedLine(l.subject))
	header("Date", l.date.Format(time.RFC1123Z))
	header("Message-ID", l.messageID())
	header("MIME-Version", "1.0")
	for _, h := range l.headers {
		header(h[0], encodedLine(h[1]))
	}
	err := l.body(&b)
	return b.Bytes(), err
}

// joined returns addresses for a header, one a line.
func joined(addresses []*mail.Address) string {
	var texts []string
	for _, a := range addresses {
		texts = append(texts, a.String())
	}
	return strings.Join(texts, ",\r\n ")
}

// encodedLine returns s for a header. The words of a long text that is not ASCII are on lines of
// their own.
func encodedLine(s string) string {
	return strings.ReplaceAll(mime.QEncoding.Encode("utf-8", s), "?= =?", "?=\r\n =?")
}

// messageID returns a new name for the mail.
func (l *letter) messageID() string {
	var id [16]byte
	rand.Read(id[:])
	_, host, _ := strings.Cut(l.from.Address, "@")
	return "<" + hex.EncodeToString(id[:]) + "@" + host + ">"
}

// body writes the rest of the headers and the body.
func (l *letter) body(b *bytes.Buffer) error {
	if len(l.attachments) == 0 {
		return l.texts(func(h textproto.MIMEHeader) (io.Writer, error) {
			writeHeader(b, h)
			return b, nil
		})
	}
	w := multipart.NewWriter(b)
	writeHeader(b, textproto.MIMEHeader{"Content-Type": {"multipart/mixed; boundary=" + w.Boundary()}})
	if err := l.texts(w.CreatePart); err != nil {
		return err
	}
	for _, a := range l.attachments {
		if err := a.write(w); err != nil {
			return err
		}
	}
	return w.Close()
}

// writeHeader writes the headers of the body, and the empty line after them.
func writeHeader(w io.Writer, h textproto.MIMEHeader) {
	for name, values := range h {
		fmt.Fprintf(w, "%s: %s\r\n", name, values[0])
	}
	io.WriteString(w, "\r\n")
}

// texts writes the text and the HTML of the mail. part begins a part with the given headers.
func (l *letter) texts(part func(textproto.MIMEHeader) (io.Writer, error)) error {
	if l.html == "" || l.text == "" {
		kind, text := "plain", l.text
		if l.html != "" {
			kind, text = "html", l.html
		}
		return writeText(part, kind, text)
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := writeText(w.CreatePart, "plain", l.text); err != nil {
		return err
	}
	if err := writeText(w.CreatePart, "html", l.html); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	out, err := part(textproto.MIMEHeader{"Content-Type": {"multipart/alternative; boundary=" + w.Boundary()}})
	if err == nil {
		_, err = out.Write(b.Bytes())
	}
	return err
}

// writeText writes a part that is a text.
func writeText(part func(textproto.MIMEHeader) (io.Writer, error), kind, text string) error {
	out, err := part(textproto.MIMEHeader{
		"Content-Type": {"text/" + kind + "; charset=utf-8"}, "Content-Transfer-Encoding": {"quoted-printable"},
	})
	if err != nil {
		return err
	}
	w := quotedprintable.NewWriter(out)
	if _, err := io.WriteString(w, text); err != nil {
		return err
	}
	return w.Close()
}

// lineLength is the length of a line of base64.
const lineLength = 76

// write writes the attachment as a part of a mail.
func (a *attachment) write(w *multipart.Writer) error {
	out, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Type":              {a.contentType},
		"Content-Transfer-Encoding": {"base64"},
		"Content-Disposition":       {mime.FormatMediaType("attachment", map[string]string{"filename": a.name})},
	})
	if err != nil {
		return err
	}
	text := base64.StdEncoding.EncodeToString([]byte(a.data))
	for len(text) > 0 {
		n := min(len(text), lineLength)
		if _, err := io.WriteString(out, text[:n]+"\r\n"); err != nil {
			return err
		}
		text = text[n:]
	}
	return nil
}
