package mcp

import (
	"context"
	"fmt"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"moonlark/engine/testkit"
	"moonlark/engine/tool"
)

// People and models often do not percent-encode the characters that RFC 6570 requires to be encoded.
func TestAClientNeedNotEncodeTheParametersOfAURI(t *testing.T) {
	eachEra(t, `
		register_resource { uri = "mail:{address}", read = function(uri, call) return call.params.address .. " of " .. uri .. " for " .. call.client end }
	`, Options{}, func(t *testing.T, f *fixture, c *sdk.ClientSession) {
		for _, uri := range []string{"mail:ada b@example.com", "mail:ada%20b%40example.com", "mail:ada%20b@example.com"} {
			r, err := c.ReadResource(t.Context(), &sdk.ReadResourceParams{URI: uri})
			if err != nil {
				t.Errorf("%s: %v", uri, err)
				continue
			}
			if got := r.Contents[0]; got.Text != "ada b@example.com of mail:ada%20b%40example.com for tester" || got.URI != uri {
				t.Errorf("%s: got %+v", uri, got)
			}
		}
	})
}

// A URI that several resources match is read by the most exact one, whichever was registered first.
func TestTheMostExactResourceIsRead(t *testing.T) {
	eachEra(t, `
		register_resource { uri = "mail:{x}", read = function() return "template" end }
		register_resource { uri = "mail:a@b", read = function() return "exact" end }
		register_resource { uri = "n://{a}/{b}", read = function() return "two" end }
		register_resource { uri = "n://{a}/x@", read = function() return "one" end }
	`, Options{}, func(t *testing.T, f *fixture, c *sdk.ClientSession) {
		for uri, want := range map[string]string{"mail:a@b": "exact", "mail:c@d": "template", "n://q@/x@": "one", "n://q/y": "two"} {
			r, err := c.ReadResource(t.Context(), &sdk.ReadResourceParams{URI: uri})
			if err != nil || r.Contents[0].Text != want {
				t.Errorf("%s: got %+v, %v; want %s", uri, r, err, want)
			}
		}
	})
}

// The script is reloaded 200 times, each time with other resources and prompts, while clients of both
// eras read and list them.
func TestResourcesAndPromptsSurviveReloads(t *testing.T) {
	reloads := 200
	if testing.Short() {
		reloads = 20
	}
	source := func(n int) string {
		return fmt.Sprintf(`
			register_resource { uri = "n:%d", read = function() return "x" end }
			register_resource { uri = "stays:{x}", description = "%d", read = function(uri, call) return call.params.x end }
			register_prompt { name = "p%d", handler = function() return "x" end }
			register_prompt { name = "stays", handler = function() sleep(0.001) return "x" end }`, n, n%3, n)
	}
	f := newFixture(t, source(0), Options{})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan int)
	for _, era := range eras {
		c := f.connect(era, nil)
		go func() {
			n := 0
			for ; ctx.Err() == nil; n++ {
				x := fmt.Sprint(n)
				if r, err := c.ReadResource(t.Context(), &sdk.ReadResourceParams{URI: "stays:" + x}); err != nil || r.Contents[0].Text != x {
					t.Errorf("%s: %+v, %v", era, r, err)
				}
				if _, err := c.GetPrompt(t.Context(), &sdk.GetPromptParams{Name: "stays"}); err != nil {
					t.Errorf("%s: %v", era, err)
				}
				if list, err := c.ListPrompts(t.Context(), nil); err != nil || len(list.Prompts) == 0 {
					t.Errorf("%s: %+v, %v", era, list, err)
				}
			}
			ended <- n
		}()
	}
	for n := 1; n <= reloads; n++ {
		f.reload(source(n))
	}
	stop()
	n := <-ended + <-ended
	c := f.connect(eras[1], nil)
	list, err := c.ListResources(t.Context(), nil)
	if want := fmt.Sprint("n:", reloads); err != nil || len(list.Resources) != 1 || list.Resources[0].URI != want {
		t.Errorf("the resources are %+v, %v, want %s", list, err, want)
	}
	t.Logf("%d rounds of requests during %d reloads", n, reloads)
}

func TestACancelledReadWakesTheScript(t *testing.T) {
	eachEra(t, `
		register_resource { uri = "a:slow", timeout = 100, read = function() begun = true local ok, why = pcall(sleep, 90) woke = why return "late" end }
		register_resource { uri = "a:begun", read = function() return begun or false end }
		register_resource { uri = "a:woke", read = function() return woke or "no" end }
	`, Options{}, func(t *testing.T, f *fixture, c *sdk.ClientSession) {
		wait := func(uri, want string) {
			t.Helper()
			testkit.Until(t, uri+" is "+want, func() bool {
				r, err := c.ReadResource(t.Context(), &sdk.ReadResourceParams{URI: uri})
				return err == nil && r.Contents[0].Text == want
			})
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			_, err := c.ReadResource(ctx, &sdk.ReadResourceParams{URI: "a:slow"})
			ended <- err
		}()
		wait("a:begun", "true")
		cancel()
		if err := <-ended; err == nil {
			t.Error("a cancelled read has returned no error")
		}
		wait("a:woke", "the call was cancelled")
	})
}

// The library accepts each URI that NewResource accepts. If it did not, it would panic.
func FuzzTheLibraryTakesOurURIs(f *testing.F) {
	for _, uri := range []string{"notes://{id}", "a:b", "a:{b}'|^", "a://[::1]:80/{x}", "a:%41%zz", "a:{b}\u00fc"} {
		f.Add(uri)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		r, err := tool.NewResource(uri)
		if err != nil {
			return
		}
		server := sdk.NewServer(&sdk.Implementation{Name: "a"}, nil)
		if r.IsTemplate() {
			server.AddResourceTemplate(&sdk.ResourceTemplate{URITemplate: uri, Name: "a"}, nil)
		} else {
			server.AddResource(&sdk.Resource{URI: uri, Name: "a"}, nil)
		}
	})
}
