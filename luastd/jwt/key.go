package jwt

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
)

const (
	minRSABits = 2048 // RFC 7518, section 3.3
	maxRSABits = 4096 // a longer key takes a slow machine more than 100 ms
)

// A key makes or checks signatures.
type key struct {
	kind    string   // what the key is, for error messages
	algs    []string // the algorithms that the key fits; the first is the default
	private any      // the key that signs, for package jwt of golang-jwt; nil if there is none
	public  any      // the key that verifies
}

// algorithms are all algorithms that a key can fit.
var algorithms = []string{"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "EdDSA"}

// parseKey returns the key in a text: a secret, or a key in PEM.
func parseKey(text string) (*key, error) {
	switch {
	case text == "":
		return nil, errors.New("the key is empty")
	case len(text) > maxKey:
		return nil, fmt.Errorf("the key has %d bytes; the maximum is %d", len(text), maxKey)
	case !strings.Contains(text, "-----BEGIN "):
		return &key{kind: "a secret", algs: algorithms[:3], private: []byte(text), public: []byte(text)}, nil
	}
	block, rest := pem.Decode([]byte(text))
	if block != nil && block.Type == "EC PARAMETERS" { // openssl ecparam writes it before the key
		block, _ = pem.Decode(rest)
	}
	if block == nil {
		return nil, errors.New("the key is not valid PEM; its line ends may be missing")
	}
	parsed, err := parseBlock(block)
	if err != nil {
		return nil, err
	}
	return newKey(parsed)
}

// parseBlock returns the private or public key in a block of PEM.
func parseBlock(block *pem.Block) (any, error) {
	if block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "" {
		return nil, errors.New("the key is encrypted with a password")
	}
	var parsed any
	var err error
	switch block.Type {
	case "PRIVATE KEY":
		parsed, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		parsed, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		parsed, err = x509.ParseECPrivateKey(block.Bytes)
	case "PUBLIC KEY":
		parsed, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		parsed, err = x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		var certificate *x509.Certificate
		if certificate, err = x509.ParseCertificate(block.Bytes); err == nil {
			parsed = certificate.PublicKey
		}
	default:
		return nil, fmt.Errorf("the PEM text has %.40q, not a key", block.Type)
	}
	if err != nil { // the text of err may have parts of the key
		return nil, fmt.Errorf("the %s in the PEM text is damaged", strings.ToLower(block.Type))
	}
	return parsed, nil
}

// newKey returns the key for a private or public key of Go.
func newKey(parsed any) (*key, error) {
	k := &key{public: parsed}
	if signer, ok := parsed.(crypto.Signer); ok {
		k.private, k.public = parsed, signer.Public()
	}
	switch public := k.public.(type) {
	case *rsa.PublicKey:
		if bits := public.N.BitLen(); bits < minRSABits || bits > maxRSABits {
			return nil, fmt.Errorf("the RSA key has %d bits, not %d to %d", bits, minRSABits, maxRSABits)
		}
		k.kind, k.algs = "an RSA key", []string{"RS256", "RS384", "RS512"}
	case *ecdsa.PublicKey:
		curve := public.Curve.Params().Name
		alg := map[string]string{"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}[curve]
		if alg == "" {
			return nil, fmt.Errorf("keys of the curve %s are not supported", curve)
		}
		k.kind, k.algs = "a key of the curve "+curve, []string{alg}
	case ed25519.PublicKey:
		k.kind, k.algs = "an Ed25519 key", []string{"EdDSA"}
	default:
		return nil, errors.New("keys of this kind are not supported; use RSA, P-256, P-384, P-521 or Ed25519")
	}
	return k, nil
}

// isSecret reports whether k both signs and verifies with the same text.
func (k *key) isSecret() bool { return k.algs[0] == "HS256" }

// accept returns the algorithms of algs that k fits. If algs is nil, it returns the default of k.
// It returns an error if k fits none.
func (k *key) accept(algs []string) ([]string, error) {
	if algs == nil {
		return k.algs[:1], nil
	}
	var fit []string
	for _, alg := range algs {
		if slices.Contains(k.algs, alg) {
			fit = append(fit, alg)
		}
	}
	if fit == nil {
		return nil, fmt.Errorf("%s fits %s, not %s", k.kind, strings.Join(k.algs, ", "), strings.Join(algs, ", "))
	}
	return fit, nil
}
