-- The weather anywhere, from open-meteo.com, which needs no account. Ask "what is the weather in
-- Hamburg".
--
--   moonlark run --allow-net=*.open-meteo.com scripts/weather.lua

-- Set MOONLARK_WEATHER_URL to use another server.
local server = os.getenv("MOONLARK_WEATHER_URL")
local places = http.client { base = server or "https://geocoding-api.open-meteo.com", timeout = 5, retries = 1 }
local forecasts = http.client { base = server or "https://api.open-meteo.com", timeout = 5, retries = 1 }

-- The codes of the World Meteorological Organization, in groups.
local function describe(code)
  if code == 0 then return "clear" end
  if code <= 3 then return "cloudy" end
  if code <= 48 then return "foggy" end
  if code <= 67 or code >= 80 and code <= 82 then return "rainy" end
  if code <= 77 or code == 85 or code == 86 then return "snowy" end
  return "stormy"
end

-- get returns the JSON of an answer, or nil and a reason for the agent.
local function get(client, path, query)
  local response, why = client:get(path, { query = query })
  if not response then
    log.warn(why)
    return nil, "the weather service cannot be reached"
  end
  if not response.ok then return nil, "the weather service has an error" end
  return response:json()
end

register_tool {
  name = "weather",
  description = "Returns the weather in a town now",
  parameters = { town = { type = "string", description = "the name of the town" } },
  phrases = { "what is the weather in {town}", "how is the weather in {town}" },
  handler = function(args)
    local found, why = get(places, "/v1/search", { name = args.town, count = 1 })
    if not found then return nil, why end
    local place = found.results and found.results[1]
    if not place then return nil, "there is no town called " .. args.town end
    local forecast, why = get(forecasts, "/v1/forecast", {
      latitude = place.latitude, longitude = place.longitude, current = "temperature_2m,weather_code",
    })
    if not forecast then return nil, why end
    local now = forecast.current
    return ("It is %s in %s, at %d degrees."):format(describe(now.weather_code), place.name, math.floor(now.temperature_2m + 0.5))
  end,
}
