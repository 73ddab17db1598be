-- A kiosk of a small shop: a database of the products, a barcode scanner, a button, a light,
-- announcements, opening hours, and a QR code for the till. Say "what does bread cost", "i order two
-- apples", "what is in my basket", "i want to pay" or "when do you close".
--
--   moonlark run --tts auto --stt grammar --allow-gpio=17,27 --allow-keys scripts/shop_kiosk.lua
--
-- The button is between GPIO17 and ground: it orders what is in the basket. An LED at GPIO27 is on while
-- the shop is open. Without pins or a scanner, simulate the pins, and let another program say what has
-- been scanned:
--
--   moonlark run --gpio=sim --allow-gpio=17,27 --allow-keys --http 8080 scripts/shop_kiosk.lua
--   curl -d '{"type": "scanned", "data": {"code": "4012345678901"}}' http://127.0.0.1:8080/event
--   curl -d '{"line": 17, "value": true}' http://127.0.0.1:8080/gpio
--
-- With --screen, a page in a browser shows the order and its code.
--
-- Set MOONLARK_SHOP_MQTT, such as to mqtt://broker.lan, and add --allow-net=broker.lan, to publish the
-- orders and the opening of the shop.

local OPENS, CLOSES, DAYS = "09:00", "18:00", "mon-sat"

local shop = assert(db.open("shop.db", { migrations = {
  [[CREATE TABLE products (code TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, cents INTEGER NOT NULL, stock INTEGER NOT NULL CHECK (stock >= 0));
    INSERT INTO products VALUES ('4012345678901', 'apple', 50, 20), ('4006381333931', 'bread', 320, 6), ('4000417025005', 'milk', 140, 9);
    CREATE TABLE orders (id INTEGER PRIMARY KEY, at TEXT NOT NULL, items TEXT NOT NULL, cents INTEGER NOT NULL)]],
} }))

screen.setup { title = "The shop" }
screen.idle { title = "What would you like?", asks = { "What does bread cost?", "When do you close?" } }

local light = gpio.output(27, { at_close = false })
local button = gpio.button(17)
local basket = {} -- how many pieces, by the name of the product

local function money(cents) return ("%d.%02d euros"):format(math.floor(cents / 100), cents % 100) end

-- The status, only if a broker is configured.
local url = os.getenv("MOONLARK_SHOP_MQTT") or ""
local broker = url ~= "" and assert(mqtt.connect(url, { status = "shop/status" }))
local function publish(topic, payload) return broker and broker:publish("shop/" .. topic, payload, { retain = true }) end

-- tell says a text to whoever is in the shop. Without a speaker or a voice, the log has it.
local function tell(chime, text)
  print(text)
  spawn(function()
    audio.chime(chime)
    audio.announce { say = text }
  end)
end

local function find(name)
  name = text.trim(name:lower())
  return shop:first("SELECT * FROM products WHERE name IN (?, ?) OR code = ?", name, (name:gsub("s$", "")), name)
end

-- total returns what is in a basket, as a text, and what it costs.
local function total(basket)
  local parts, cents = {}, 0
  for name, count in pairs(basket) do
    parts[#parts + 1] = count .. " " .. name
    cents = cents + count * find(name).cents
  end
  table.sort(parts)
  return table.concat(parts, ", "), cents
end

-- add puts pieces of a product into the basket.
local function add(name, count)
  local product, why = find(name)
  if not product then return nil, why or ("we do not have " .. name) end
  local wanted = (basket[product.name] or 0) + count
  if count < 1 then return nil, "the count must be 1 or more" end
  if wanted > product.stock then return nil, "there are only " .. product.stock .. " left" end
  basket[product.name] = wanted
  return ("%d %s, that is %s."):format(count, product.name, money(count * product.cents))
end

-- order takes the basket out of the stock. Either all of it is ordered, or nothing.
local function order()
  if not next(basket) then return nil, "the basket is empty" end
  local bought = basket
  basket = {} -- for what is scanned meanwhile
  local items, cents = total(bought)
  local id, why, code = shop:transaction(function()
    for name, count in pairs(bought) do
      local ok, why, code = shop:exec("UPDATE products SET stock = stock - ? WHERE name = ?", count, name)
      if not ok then return nil, why, code end
    end
    return shop:value("INSERT INTO orders (at, items, cents) VALUES (datetime('now'), ?, ?) RETURNING id", items, cents)
  end)
  if not id then
    basket = bought
    return nil, code == "constraint" and "somebody has bought the last piece" or why
  end
  -- The till reads the code from the screen, or from another one that shows this file.
  local code = ("order:%d;cents:%d"):format(id, cents)
  assert(fs.write("order.svg", assert(qr.encode(code, { format = "svg" }))))
  screen.show {
    { text = "Order " .. id, style = "eyebrow" },
    { big = money(cents) },
    { text = items, style = "lead" },
    { qr = code, caption = "Please pay at the till", alt = "the code of the order, for the till" },
  }
  publish("order", { id = id, items = items, cents = cents })
  return ("Order %d: %s. Please pay %s at the till."):format(id, items, money(cents))
end

local function scanned(code)
  local said, why = add(code, 1)
  tell(said and "success" or "error", said or why)
end

local scanner = keys.open { kind = "scanner", grab = true } -- nil on systems other than Linux
if scanner then scanner:on_code(scanned) end
on("scanned", function(e) scanned(e.data.code) end)

button:on_press(function()
  local said, why = order()
  tell(said and "success" or "error", said or why)
end)

local function set_open(open)
  print("the shop is " .. (open and "open" or "closed"))
  light:write(open)
  publish("open", open)
end

-- The shop opens and closes by itself.
on_start(function()
  local opening = daily(OPENS, function()
    set_open(true)
    tell("attention", "Good morning. The shop is open.")
  end, { days = DAYS })
  local closing = daily(CLOSES, function()
    set_open(false)
    tell("attention", "The shop is closed. Goodbye.")
  end, { days = DAYS })
  set_open(closing:next() < opening:next()) -- it is open if the next thing to happen is that it closes
end)

local item = { type = "string", description = "name of a product" }
local count = { type = "integer", description = "how many; 1 if the user does not say" }

local function tool(name, description, phrases, parameters, handler)
  register_tool { name = name, description = description, phrases = phrases, parameters = parameters, required = parameters.item and { "item" } or {}, handler = handler }
end

tool("product", "Says what a product costs, and how many there are", { "what does {item} cost", "do you have {item}" }, { item = item }, function(args)
  local product, why = find(args.item)
  if not product then return nil, why or ("we do not have " .. args.item) end
  return ("%s costs %s. We have %d."):format(product.name, money(product.cents), product.stock)
end)
tool("add_to_basket", "Puts pieces of a product into the basket", { "i order {count} {item}", "i take {count} {item}" }, { item = item, count = count },
  function(args) return add(args.item, args.count or 1) end)
tool("basket", "Says what is in the basket", { "what is in my basket" }, {}, function()
  local items, cents = total(basket)
  return items == "" and "The basket is empty." or items .. ", together " .. money(cents) .. "."
end)
tool("empty_basket", "Takes everything out of the basket", { "empty my basket" }, {}, function() basket = {} return "It is empty." end)
tool("order", "Orders what is in the basket", { "i want to pay" }, {}, order)
tool("hours", "Says when the shop is open", { "when do you open", "when do you close" }, {},
  function() return "We are open from Monday to Saturday, from " .. OPENS .. " to " .. CLOSES .. "." end)
