-- A kiosk that sells from a small stock, which is kept in a database. Say "what do you have",
-- "what does bread cost", or "I take two apples". The stock is still right after a restart.
--
--   moonlark run scripts/shop.lua

local shop = assert(db.open("shop.db", { migrations = {
  [[CREATE TABLE items (name TEXT PRIMARY KEY, stock INTEGER NOT NULL CHECK (stock >= 0), cents INTEGER NOT NULL);
    INSERT INTO items VALUES ('apple', 20, 50), ('bread', 6, 320), ('milk', 9, 140)]],
  "CREATE TABLE sales (at TEXT NOT NULL, name TEXT NOT NULL, count INTEGER NOT NULL, cents INTEGER NOT NULL)",
} }))

local function money(cents) return ("%d.%02d euros"):format(math.floor(cents / 100), cents % 100) end

-- find returns the item with this name, in the singular or the plural.
local function find(name)
  name = text.trim(name:lower())
  return shop:first("SELECT name, stock, cents FROM items WHERE name IN (?, ?)", name, (name:gsub("s$", "")))
end

register_tool {
  name = "list_items",
  description = "Lists what the shop has in stock",
  phrases = { "what do you have", "what do you sell" },
  handler = function()
    local rows, why = shop:query("SELECT name FROM items WHERE stock > 0 ORDER BY name")
    if not rows then return nil, why end
    if #rows == 0 then return "We are sold out." end
    local names = {}
    for i, row in ipairs(rows) do names[i] = row.name end
    return "We have " .. table.concat(names, ", ") .. "."
  end,
}

register_tool {
  name = "price",
  description = "Says what an item costs",
  parameters = { item = { type = "string" } },
  phrases = { "what does {item} cost", "how much is {item}" },
  handler = function(args)
    local item, why = find(args.item)
    if not item then return nil, why or ("we do not have " .. args.item) end
    return ("%s costs %s."):format(item.name, money(item.cents))
  end,
}

register_tool {
  name = "buy",
  description = "Sells a number of pieces of an item to the user",
  parameters = {
    item = { type = "string" },
    count = { type = "integer", description = "how many; 1 if the user does not say" },
  },
  required = { "item" },
  phrases = { "i take {count} {item}", "i buy {count} {item}" },
  handler = function(args)
    local item, why = find(args.item)
    if not item then return nil, why or ("we do not have " .. args.item) end
    local count = args.count or 1
    if count < 1 then return nil, "the count must be 1 or more" end
    -- Either both statements have an effect, or none.
    local sold, why, code = shop:transaction(function()
      local ok, why, code = shop:exec("UPDATE items SET stock = stock - ? WHERE name = ?", count, item.name)
      if not ok then return nil, why, code end
      return shop:exec("INSERT INTO sales VALUES (datetime('now'), ?, ?, ?)", item.name, count, count * item.cents)
    end)
    if code == "constraint" then return nil, "there are only " .. item.stock .. " left" end
    if not sold then return nil, why end
    return ("%d %s, that is %s."):format(count, item.name, money(count * item.cents))
  end,
}
