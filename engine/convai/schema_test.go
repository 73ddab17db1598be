package convai

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	yaml "github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// protocolFolder is the folder that may have ElevenLabs' descriptions of the protocol. Their
// licence does not allow us to distribute them. Tests that need a missing file are skipped.
const protocolFolder = "../../../shared/protocol"

func protocolFile(t *testing.T, name string) []byte {
	text, err := os.ReadFile(filepath.Join(protocolFolder, name))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("there is no %s in %s", name, protocolFolder)
	}
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// An asyncAPI is one of ElevenLabs' two AsyncAPI documents about the protocol.
type asyncAPI struct {
	file string
	doc  any
	// server has the types of the messages that a server sends. The values are references to their
	// schemas in doc.
	server map[string]string
	// client has the types of the messages that a client sends, also with references to their
	// schemas.
	client map[string]string
}

// descriptions names the two AsyncAPI documents, first that of the JavaScript SDK and then that of
// the Swift SDK. server and client are the words under which a document lists the messages that a
// server and a client send. The two documents use "publish" and "subscribe" in opposite ways.
var descriptions = []struct{ file, server, client string }{
	{"agent.asyncapi.yaml", "publish", "subscribe"},
	{"agent-server-models.asyncapi.yaml", "subscribe", "publish"},
}

func loadDescriptions(t *testing.T) []asyncAPI {
	var all []asyncAPI
	for _, d := range descriptions {
		var doc any
		if err := yaml.Unmarshal(protocolFile(t, d.file), &doc); err != nil {
			t.Fatal(err)
		}
		a := asyncAPI{file: d.file, doc: doc}
		for _, channel := range at(doc, "channels").(map[string]any) {
			a.server = a.messages(t, at(channel, d.server, "message", "oneOf"))
			a.client = a.messages(t, at(channel, d.client, "message", "oneOf"))
		}
		all = append(all, a)
	}
	return all
}

// messages finds the messages to which refs, a list of JSON references, refers. The result maps the
// type of each message to a reference to its schema.
func (a asyncAPI) messages(t *testing.T, refs any) map[string]string {
	found := map[string]string{}
	for _, ref := range refs.([]any) {
		message := a.resolve(at(ref, "$ref"))
		schema := at(message, "payload", "$ref").(string)
		properties := at(a.resolve(schema), "properties")
		name := userAudioChunk
		if constant, ok := at(properties, "type", "const").(string); ok {
			name = constant
		} else if literal, ok := at(properties, "type", "x-fern-type").(string); ok {
			name = strings.TrimSuffix(strings.TrimPrefix(literal, `literal<"`), `">`)
		} else if at(properties, userAudioChunk) == nil {
			t.Fatalf("%s: %s has no type", a.file, schema)
		}
		found[name] = schema
	}
	return found
}

func (a asyncAPI) resolve(ref any) any {
	return at(a.doc, strings.Split(strings.TrimPrefix(ref.(string), "#/"), "/")...)
}

// at returns the value at a path of object keys in a JSON document, or nil if there is none.
func at(doc any, path ...string) any {
	for _, key := range path {
		object, _ := doc.(map[string]any)
		doc = object[key]
	}
	return doc
}

func TestEveryMessageElevenLabsDescribesHasAGoType(t *testing.T) {
	for _, a := range loadDescriptions(t) {
		if len(a.server) < 15 || len(a.client) < 8 {
			t.Fatalf("%s: found only %d and %d messages", a.file, len(a.server), len(a.client))
		}
		for name := range a.server {
			if serverTable.byName[name] == nil {
				t.Errorf("%s: no Go type for the server's %s", a.file, name)
			}
		}
		for name := range a.client {
			if clientTable.byName[name] == nil {
				t.Errorf("%s: no Go type for the client's %s", a.file, name)
			}
		}
	}
}

func TestEveryEventElevenLabsNamesIsKnown(t *testing.T) {
	names, _ := at(loadDescriptions(t)[0].doc, "components", "schemas", "ClientEvent", "enum").([]any)
	var rest any
	if err := json.Unmarshal(protocolFile(t, "rest.openapi.json"), &rest); err != nil {
		t.Fatal(err)
	}
	more, _ := at(rest, "components", "schemas", "ClientEvent", "enum").([]any)
	if len(names) < 20 || len(more) < 20 {
		t.Fatalf("found only %d and %d events", len(names), len(more))
	}
	for _, name := range append(names, more...) {
		if !slices.Contains(KnownServerTypes(), name.(string)) {
			t.Errorf("%s is not known", name)
		}
	}
}

// refused lists the golden frames that do not fit a schema although the frames are right. A key has
// the names of the AsyncAPI document and of the golden frame. The value is the reason.
var refused = map[string]string{
	"agent.asyncapi.yaml server_mcp_tool_call.json":          contradiction,
	"agent.asyncapi.yaml server_mcp_tool_call.approval.json": contradiction,
	"agent.asyncapi.yaml server_mcp_tool_call.success.json":  contradiction,
	"agent.asyncapi.yaml server_mcp_tool_call.nothing.json":  contradiction,
	"agent.asyncapi.yaml server_mcp_tool_call.failure.json":  contradiction,

	"agent-server-models.asyncapi.yaml server_client_tool_call.not_said.json": "older servers do not send expects_response; the other description does not have it",
	"agent-server-models.asyncapi.yaml server_agent_tool_request.short.json":  "the other description has only the first four members",
	"agent-server-models.asyncapi.yaml client_feedback.cleared.json":          "its text says that null removes a rating, but its enum has strings only; the other description has null",
}

const contradiction = "each half of an allOf forbids what the other half requires, so no frame fits"

func TestGoldenFramesFitTheSchemasOfElevenLabs(t *testing.T) {
	checked := map[string]bool{}
	for _, a := range loadDescriptions(t) {
		compiler := jsonschema.NewCompiler()
		compiler.DefaultDraft(jsonschema.Draft7)
		if err := compiler.AddResource(a.file, a.doc); err != nil {
			t.Fatal(err)
		}
		for _, g := range goldens(t) {
			frame, err := g.parse()
			if err != nil {
				t.Fatalf("%s: %v", g.name, err)
			}
			place, described := a.client[frame.Type]
			if g.server {
				place, described = a.server[frame.Type]
			}
			if !described {
				continue
			}
			checked[frame.Type] = true
			schema, err := compiler.Compile(a.file + place)
			if err != nil {
				t.Fatal(err)
			}
			instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(g.frame))
			if err != nil {
				t.Fatal(err)
			}
			reason, exception := refused[a.file+" "+g.name]
			switch err := schema.Validate(instance); {
			case err != nil && !exception:
				t.Errorf("%s: %s: %v", a.file, g.name, err)
			case err == nil && exception:
				t.Errorf("%s: %s fits, although the list of exceptions says: %s", a.file, g.name, reason)
			}
		}
	}
	undescribed := []string{"enclave_setup_config"} // only ElevenLabs' Python SDK has this message
	for _, k := range append(append([]kind(nil), serverKinds...), clientKinds...) {
		if checked[k.name] == slices.Contains(undescribed, k.name) {
			t.Errorf("%s: checked against a schema: %v", k.name, checked[k.name])
		}
	}
}
