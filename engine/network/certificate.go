package network

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// CertificateHint returns a suggestion to the user about an error of TLS, or "" if err is another
// error.
func CertificateHint(err error) string {
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var roots x509.SystemRootsError
	var record tls.RecordHeaderError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return dateHint(invalid.Cert, time.Now())
	case errors.As(err, &unknown), errors.As(err, &roots):
		return "install the system's certificates (apt-get install ca-certificates), or name a file with the missing certificate in SSL_CERT_FILE"
	case errors.As(err, &name):
		return "the certificate belongs to another host: check the host name; the login page of a network causes this error too"
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch), strings.Contains(err.Error(), "does not look like a TLS handshake"):
		return "the host does not speak TLS: check the port, or use http:// or ws:// in place of https:// or wss://"
	case strings.Contains(err.Error(), "x509:"), strings.Contains(err.Error(), "tls:"):
		return "a wrong clock, or a proxy that intercepts TLS, can cause this: run moonlark doctor"
	}
	return ""
}

// dateHint returns the suggestion for a certificate that is not valid at the time now.
func dateHint(c *x509.Certificate, now time.Time) string {
	const day = "2 January 2006"
	if c != nil && now.Before(c.NotBefore) {
		return fmt.Sprintf("set this machine's clock: it says %s, but the certificate is valid only since %s", now.Format(day), c.NotBefore.Format(day))
	}
	if c != nil {
		return fmt.Sprintf("the certificate was valid until %s; if that is not over, set this machine's clock, which says %s", c.NotAfter.Format(day), now.Format(day))
	}
	return "set this machine's clock: a certificate is valid for a limited time only"
}
