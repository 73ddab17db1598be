-- A script is closed while it reads streams, sends bodies and waits for answers.
--> flags --allow-net=127.0.0.1
--> lasts 500ms
--> says hello
local url = os.getenv("MOONLARK_HOSTILE_URL")
on_start(function()
  for i = 1, 20 do
    spawn(function() for l in http.get(url .. "/slow-lines", { stream = true, timeout = 600 }):lines() do end end)
    spawn(function() http.post(url .. "/deaf", function() return "x" end, { timeout = 600 }) end)
    spawn(function() http.download(url .. "/body", "x" .. i, { timeout = 600 }) end)
  end
  print("hello")
end)
on_unload(function() http.get(url .. "/silent") end)
