// Variables of C where a session is held, and what they lead to: members, elements, what pointers point to.
//
//   flow->packets    key.saddr    header[9]    *parsed    r1    cleaned
//
// Locals by the object's debugging information (dwarf.hpp), where it is there; globals by the object's types, too.
// Nothing is called and nothing changes. Tested by tests/debugger/debug_test.py.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "debugger/dwarf.hpp"
#include "debugger/session.hpp"

namespace skep::debugger {

struct Item {
  std::string name, type;
  std::string text;        // its value, in words
  std::string scope;       // the function that it belongs to; empty: global, or a part of something
  bool known = false;      // false: `text` says why not
  bool has_parts = false;  // see parts()
  DwarfType dwarf_type = 0;
  std::vector<std::uint8_t> bytes;
  std::optional<std::uint64_t> address;
  struct Hole {
    std::uint64_t offset = 0, size = 0;
  };
  std::vector<Hole> holes;  // of the bytes: what is not known
};

class Variables {
 public:
  Variables(Session& session, const std::string& object_path);
  ~Variables();
  Variables(const Variables&) = delete;
  Variables& operator=(const Variables&) = delete;

  // Why there are no locals; empty: there are.
  const std::string& why_not() const { return why_; }
  std::vector<Item> locals(const Frame& frame);
  std::vector<Item> globals();
  std::vector<Item> parts(const Item& item);
  // Functions that were inlined where the frame is, the innermost first.
  std::vector<std::string> inlined_at(const Frame& frame);
  // Nothing and `error`: there is no such thing, or it is not known.
  std::optional<Item> evaluate(const std::string& expression, const Frame* frame, std::string& error);

 private:
  Item show(std::string name, DwarfType type, std::vector<std::uint8_t> bytes, std::optional<std::uint64_t> address,
            std::vector<Item::Hole> holes = {});
  Item put_together(const DwarfVariable& variable);
  Item at(std::string name, DwarfType type, std::uint64_t address);
  std::string text_of(DwarfType type, std::span<const std::uint8_t> bytes, int depth);
  std::optional<Item> part(const Item& item, const std::string& name, std::string& error);
  std::optional<Item> find(const std::string& name, const Frame* frame, std::string& error);
  std::uint32_t offset_in_function(const Frame& frame) const;

  Session& session_;
  std::string why_;
  std::unique_ptr<Dwarf> dwarf_;
};

}  // namespace skep::debugger
