package http_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"moonlark/engine/script"
	"moonlark/engine/tool"
)

const benchmarkCalls = 1000

func hello(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }

// 1,000 calls, of which 8 are in flight at any time.
func BenchmarkGetFromLua(b *testing.B) {
	url := serve(b, hello)
	s := openScript(b)
	for b.Loop() {
		got := s.Run(`local done = 0
			for i = 1, 8 do spawn(function()
				for i = 1, 125 do if http.get("` + url + `").body == "hello" then done = done + 1 end end
			end) end
			while done < 1000 do sleep(0.001) end
			return done`)
		if got != "1000" {
			b.Fatal(got)
		}
	}
}

func BenchmarkGetFromGo(b *testing.B) {
	url := serve(b, hello)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	defer client.CloseIdleConnections()
	for b.Loop() {
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range benchmarkCalls / 8 {
					res, err := client.Get(url)
					if err != nil {
						b.Error(err)
						return
					}
					io.Copy(io.Discard, res.Body)
					res.Body.Close()
				}
			})
		}
		wg.Wait()
	}
}

// serveHosts starts a server at 8 addresses of this machine and returns their URLs.
func serveHosts(b *testing.B) (hosts, urls []string) {
	for n := range 8 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.%d:0", n+1))
		if err != nil {
			b.Skip(err) // some systems have only 127.0.0.1
		}
		server := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(hello)}}
		server.Start()
		b.Cleanup(server.Close)
		hosts, urls = append(hosts, fmt.Sprintf("127.0.0.%d", n+1)), append(urls, server.URL)
	}
	return hosts, urls
}

// A script that says how late its timer of 10 ms was, in milliseconds: the 99th percentile.
const tickerScript = `
	local late, last = {}, nil
	every(0.01, function()
		local now = time.monotonic()
		if last then late[#late + 1] = (now - last - 0.01) * 1000 end
		last = now
	end)
	register_tool("lateness", function()
		table.sort(late)
		local p99 = late[math.ceil(#late * 0.99)] or 0
		late = {}
		return string.format("%.3f", p99)
	end)`

// 1,000 calls with task.map to 8 hosts, of which 64 are in flight at any time, beside a script with
// a ticker.
func BenchmarkMapFromLua(b *testing.B) {
	hosts, urls := serveHosts(b)
	s := openScript(b, hosts...)
	ticker := filepath.Join(s.Folder, "ticker.lua")
	if err := os.WriteFile(ticker, []byte(tickerScript), 0o600); err != nil {
		b.Fatal(err)
	}
	if _, err := s.Scripts.Load(ticker); err != nil {
		b.Fatal(err)
	}
	source := `local hosts, urls = {"` + strings.Join(urls, `", "`) + `"}, {}
		for i = 1, 1000 do urls[i] = hosts[i % 8 + 1] end
		local bodies = assert(task.map(urls, function(url) return http.get(url).body end, {limit = 64}))
		return #bodies`
	for b.Loop() {
		if got := s.Run(source); got != "1000" {
			b.Fatal(got)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*benchmarkCalls), "us/call")
	done := make(chan tool.Result, 1)
	s.Scripts.Call(&script.Call{Name: "lateness", Args: []byte("{}"), Reply: func(_ *script.Call, r tool.Result) { done <- r }})
	p99, err := strconv.ParseFloat((<-done).Text, 64)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(p99, "ticker-p99-ms")
}

func BenchmarkMapFromGo(b *testing.B) {
	_, urls := serveHosts(b)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	defer client.CloseIdleConnections()
	for b.Loop() {
		var wg sync.WaitGroup
		next := make(chan int)
		for range 64 {
			wg.Go(func() {
				for i := range next {
					res, err := client.Get(urls[i%8])
					if err != nil {
						b.Error(err)
						continue
					}
					io.Copy(io.Discard, res.Body)
					res.Body.Close()
				}
			})
		}
		for i := range benchmarkCalls {
			next <- i
		}
		close(next)
		wg.Wait()
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*benchmarkCalls), "us/call")
}
