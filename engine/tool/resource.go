package tool

import (
	"fmt"
	"mime"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	// MaxContent is the maximum size of the content of a resource, in bytes.
	MaxContent = 1 << 20
	// MaxURI is the maximum length of the URI of a resource, in bytes.
	MaxURI = 1000
)

// A Resource describes something that other programs can read by its URI. NewResource makes one.
type Resource struct {
	// URI is the URI of the resource, such as "notes://all". The URI of a template, which stands for
	// many resources, has parameters in braces: "notes://{id}".
	URI         string
	Name        string        // what programs call the resource; not empty
	Title       string        // the name for people; may be empty
	Description string        // tells a model what the resource has; may be empty
	MIME        string        // the media type of the content, such as "text/markdown"; "" if not known
	Timeout     time.Duration // how long a read may take; zero means DefaultTimeout
	Source      string        // the script and line that registered the resource, such as "notes.lua:12"

	names   []string       // the parameters in URI, in their order
	pattern *regexp.Regexp // matches the URIs of a template; nil if URI has no parameters
	shape   string         // URI without the names of its parameters
}

// A Content is what a program gets when it reads a resource: a text, or bytes that are not text.
type Content struct {
	MIME  string // the media type; "" if not known
	Text  string
	Bytes []byte // nil if the content is a text
}

var (
	schemeForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:.`)
	// textForm matches one character of those that RFC 6570 allows outside of the parameters, except
	// letters that are not ASCII
	textForm      = regexp.MustCompile(`[!#$&()*+,./0-9:;=?@A-Z\[\]_a-z~-]|%[0-9A-Fa-f]{2}`)
	parameterForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)
)

// NewResource returns a Resource with this URI, which is also its Name. The URI must be absolute. It
// may have parameters as in RFC 6570, level 1. The error is a sentence about the URI.
func NewResource(uri string) (*Resource, error) {
	if len(uri) > MaxURI {
		return nil, fmt.Errorf("has %d bytes; %d are allowed", len(uri), MaxURI)
	}
	if !schemeForm.MatchString(uri) {
		return nil, fmt.Errorf("must begin with a scheme, such as notes://all, not %q", uri)
	}
	r := &Resource{URI: uri, Name: uri}
	pattern, example := "", ""
	for rest := uri; rest != ""; {
		text, after, found := strings.Cut(rest, "{")
		if strings.Contains(text, "}") {
			return nil, fmt.Errorf("has a } without a {: %q", uri)
		}
		pattern, example, r.shape = pattern+regexp.QuoteMeta(text), example+text, r.shape+text
		if !found {
			break
		}
		name, after, closed := strings.Cut(after, "}")
		switch {
		case !closed:
			return nil, fmt.Errorf("has a { without a }: %q", uri)
		case !parameterForm.MatchString(name):
			return nil, fmt.Errorf("has {%s}: a parameter is a name of letters, digits and _ in braces, such as {id}", name)
		case slices.Contains(r.names, name):
			return nil, fmt.Errorf("has {%s} twice", name)
		case strings.HasPrefix(after, "{"):
			return nil, fmt.Errorf("has {%s} directly before another parameter, so that nobody knows where it ends", name)
		}
		r.names = append(r.names, name)
		pattern, example, r.shape = pattern+"([^/?#]+)", example+"x", r.shape+"{}"
		rest = after
	}
	if text := textForm.ReplaceAllString(example, ""); text != "" {
		return nil, fmt.Errorf("must not have %q: percent-encode it", []rune(text)[0])
	}
	if _, err := url.Parse(example); err != nil {
		return nil, fmt.Errorf("is not a URI: %q", uri)
	}
	if len(r.names) > 0 {
		r.pattern = regexp.MustCompile("^" + pattern + "$")
	}
	return r, nil
}

// CheckMIME returns an error unless text is a media type, such as "text/markdown". The error is a sentence
// about the field mime.
func CheckMIME(text string) error {
	if _, _, err := mime.ParseMediaType(text); err != nil {
		return fmt.Errorf("mime must be a media type such as text/markdown, not %q", text)
	}
	return nil
}

// IsTemplate reports whether the URI has parameters.
func (r *Resource) IsTemplate() bool { return r.pattern != nil }

// Shape returns the URI with {} in place of each parameter. Two resources with the same shape have the
// same URIs, so only one of them can be read.
func (r *Resource) Shape() string { return r.shape }

// Match returns the values of the parameters in a URI, percent-decoded, and whether the URI is one of
// the resource. A value has at least one character and no "/", "?" or "#", unless they are
// percent-encoded in the URI. Match returns nil parameters if the resource is not a template.
func (r *Resource) Match(uri string) (parameters map[string]string, ok bool) {
	if r.pattern == nil {
		return nil, uri == r.URI
	}
	if len(uri) > MaxURI {
		return nil, false
	}
	found := r.pattern.FindStringSubmatch(uri)
	if found == nil {
		return nil, false
	}
	parameters = make(map[string]string)
	for i, name := range r.names {
		value, err := url.PathUnescape(found[i+1])
		if err != nil || !utf8.ValidString(value) {
			return nil, false
		}
		parameters[name] = value
	}
	return parameters, true
}

// Canonical returns the canonical form of a URI, and whether the URI is one of the resource. In the
// canonical form, the values of the parameters are percent-encoded as RFC 6570 requires. People and
// models often leave that out.
func (r *Resource) Canonical(uri string) (canonical string, ok bool) {
	parameters, ok := r.Match(uri)
	if !ok || parameters == nil {
		return uri, ok
	}
	canonical = r.URI
	for _, name := range r.names {
		// QueryEscape leaves only letters, digits, "_", "-", "." and "~", and makes "+" of a space
		value := strings.ReplaceAll(url.QueryEscape(parameters[name]), "+", "%20")
		canonical = strings.Replace(canonical, "{"+name+"}", value, 1)
	}
	return canonical, true
}

// Precedes reports whether a URI that matches both resources belongs to r rather than to other: to a
// resource with exactly this URI, and otherwise to the template with the longest text beside its
// parameters. If neither precedes the other, the URI belongs to the one that was registered first.
func (r *Resource) Precedes(other *Resource) bool {
	if r.IsTemplate() != other.IsTemplate() {
		return !r.IsTemplate()
	}
	text := func(r *Resource) int { return len(r.shape) - len("{}")*len(r.names) }
	return text(r) > text(other)
}

// Deadline returns how long a read of this resource may take.
func (r *Resource) Deadline() time.Duration { return deadline(r.Timeout) }
