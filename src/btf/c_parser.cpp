// A reader of the little C that prototypes and structs are written in: declaration specifiers, pointers, arrays,
// function pointers, structs within structs. No expressions, no bit fields, no attributes; what is not understood is
// refused by name. It adds what it reads to a ModuleBuilder. Tested by tests/btf/module_builder_test.cpp.
#include <algorithm>
#include <cctype>

#include "btf/module_builder.hpp"

namespace skep::btf {

namespace {

struct Basic {
  std::string_view name;
  std::uint32_t size;
  std::uint32_t encoding;
  std::string_view alias;  // the C type behind a typedef
};
constexpr std::uint32_t is_signed = 1, is_bool = 4;
constexpr Basic basics[] = {
    {"char", 1, is_signed, {}},
    {"signed char", 1, is_signed, {}},
    {"unsigned char", 1, 0, {}},
    {"short", 2, is_signed, {}},
    {"unsigned short", 2, 0, {}},
    {"int", 4, is_signed, {}},
    {"unsigned int", 4, 0, {}},
    {"long", 8, is_signed, {}},
    {"unsigned long", 8, 0, {}},
    {"long long", 8, is_signed, {}},
    {"unsigned long long", 8, 0, {}},
    {"__int128", 16, is_signed, {}},
    {"_Bool", 1, is_bool, {}},
    {"bool", 1, is_bool, "_Bool"},
    {"u8", 1, 0, "unsigned char"},
    {"u16", 2, 0, "unsigned short"},
    {"u32", 4, 0, "unsigned int"},
    {"u64", 8, 0, "unsigned long long"},
    {"s8", 1, is_signed, "signed char"},
    {"s16", 2, is_signed, "short"},
    {"s32", 4, is_signed, "int"},
    {"s64", 8, is_signed, "long long"},
    {"__u8", 1, 0, "unsigned char"},
    {"__u16", 2, 0, "unsigned short"},
    {"__u32", 4, 0, "unsigned int"},
    {"__u64", 8, 0, "unsigned long long"},
    {"__s8", 1, is_signed, "signed char"},
    {"__s16", 2, is_signed, "short"},
    {"__s32", 4, is_signed, "int"},
    {"__s64", 8, is_signed, "long long"},
    {"__be16", 2, 0, "unsigned short"},
    {"__be32", 4, 0, "unsigned int"},
    {"size_t", 8, 0, "unsigned long"},
    {"ssize_t", 8, is_signed, "long"},
    {"loff_t", 8, is_signed, "long long"},
    {"gfp_t", 4, 0, "unsigned int"},
    {"pid_t", 4, is_signed, "int"},
};

const Basic* find_basic(std::string_view name) {
  const auto it = std::find_if(std::begin(basics), std::end(basics), [name](const Basic& b) { return b.name == name; });
  return it == std::end(basics) ? nullptr : it;
}

std::vector<std::string> tokens_of(std::string_view text) {
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (std::isspace(c)) {
      ++i;
    } else if (std::isalnum(c) || c == '_') {
      const std::size_t begin = i;
      while (i < text.size() && (std::isalnum(static_cast<unsigned char>(text[i])) || text[i] == '_')) ++i;
      tokens.emplace_back(text.substr(begin, i - begin));
    } else if (text.substr(i, 3) == "...") {
      tokens.emplace_back("...");
      i += 3;
    } else {
      tokens.emplace_back(1, text[i++]);
    }
  }
  return tokens;
}

}  // namespace

// Reads one declaration. Errors are remembered, and reading goes on to nothing: callers look at `error` in the end.
class PrototypeParser {
 public:
  PrototypeParser(ModuleBuilder& builder, std::string_view text) : b_(builder), tokens_(tokens_of(text)) {}

  std::string error;
  std::string declared;             // the name of a function or variable
  std::size_t parameter_count = 0;  // of a function

  struct Declared {
    std::string name;
    TypeId type = 0;
  };

  bool kfunc() {
    const TypeId func = function();
    if (func == 0) return false;
    const std::uint32_t whole[] = {static_cast<std::uint32_t>(-1)};
    b_.add("bpf_kfunc", Kind::decl_tag, 0, func, whole);
    return true;
  }

  bool plain_function() { return function() != 0; }

  bool variable() {
    const Declared d = declarator(specifiers());
    take(";");
    if (!error.empty() || !at_end()) return fail("unexpected '" + peek() + "'");
    if (d.name.empty()) return fail("a variable without a name");
    if (b_.names_.contains({Kind::var, d.name})) return fail("'" + d.name + "' is declared twice");
    declared = d.name;
    const std::uint32_t global[] = {1};
    const TypeId id = b_.add(d.name, Kind::var, 0, d.type, global);
    b_.per_cpu_.push_back({id, b_.size_of(d.type)});
    return true;
  }

  TypeId function() {
    while (take("extern") || take("static")) {
    }
    const TypeId result_base = specifiers();
    const TypeId result = stars(result_base);
    const std::string name = identifier();
    declared = name;
    if (!expect("(")) return 0;
    const TypeId proto = parameters(result);
    take(";");
    if (!error.empty() || !at_end()) {
      fail("unexpected '" + peek() + "'");
      return 0;
    }
    if (b_.names_.contains({Kind::func, name})) {
      fail("'" + name + "' is declared twice");
      return 0;
    }
    return b_.add(name, Kind::func, static_cast<std::uint32_t>(Linkage::global), proto);
  }

  // "enum x { A, B }": numbered from 0.
  bool enumeration() {
    if (!expect("enum")) return false;
    const std::string name = identifier();
    if (!expect("{")) return false;
    std::vector<std::uint32_t> words;
    while (error.empty() && !take("}")) {
      const auto number = static_cast<std::uint32_t>(words.size() / 2);
      words.insert(words.end(), {b_.string(identifier()), number});
      if (peek() != "}" && !expect(",")) return false;
    }
    take(";");
    if (!error.empty() || !at_end()) return fail("unexpected '" + peek() + "'");
    if (b_.named(name, Kind::enum_) == 0)
      b_.add(name, Kind::enum_, static_cast<std::uint32_t>(words.size() / 2), 4, words);
    return true;
  }

  bool aggregate() {
    if (peek() == "enum") return enumeration();
    const bool is_union = peek() == "union";
    if (!take("struct") && !take("union")) return fail("expected struct or union, not '" + peek() + "'");
    const std::string name = identifier();
    if (b_.named(name, is_union ? Kind::union_ : Kind::struct_) != 0) return error.empty();
    // A declaration first, so that members may point back to it; it becomes the definition when that is complete.
    const Kind kind = is_union ? Kind::union_ : Kind::struct_;
    const TypeId id = b_.tagged(name, kind);
    if (id < b_.first_) return fail("the base only declares '" + name + "'");
    const Members members = read_members(kind);
    take(";");
    if (!error.empty() || !at_end()) return fail("unexpected '" + peek() + "'");
    auto& made = b_.made_[id - b_.first_];
    std::vector<std::uint32_t> all{b_.string(name), static_cast<std::uint32_t>(kind) << 24 | members.count(),
                                   members.size};
    all.insert(all.end(), members.words.begin(), members.words.end());
    made = {name, kind, members.size, members.align, std::move(all)};
    b_.names_.erase({Kind::fwd, name});
    b_.names_.try_emplace({kind, name}, id);
    return true;
  }

  bool type_alias() {
    if (!expect("typedef")) return false;
    const Declared d = declarator(specifiers());
    take(";");
    if (!error.empty() || !at_end()) return fail("unexpected '" + peek() + "'");
    if (b_.named(d.name, Kind::typedef_) == 0) b_.add(d.name, Kind::typedef_, 0, d.type);
    return true;
  }

 private:
  bool at_end() const { return at_ >= tokens_.size(); }
  std::string peek() const { return at_end() ? std::string("the end") : tokens_[at_]; }
  bool take(std::string_view token) {
    if (at_end() || tokens_[at_] != token) return false;
    ++at_;
    return true;
  }
  bool fail(std::string message) {
    if (error.empty()) error = std::move(message);
    at_ = tokens_.size();
    return false;
  }
  bool expect(std::string_view token) {
    return take(token) || fail("expected '" + std::string(token) + "', not '" + peek() + "'");
  }
  std::string identifier() {
    if (at_end() || !(std::isalpha(static_cast<unsigned char>(tokens_[at_][0])) || tokens_[at_][0] == '_')) {
      fail("expected a name, not '" + peek() + "'");
      return {};
    }
    return tokens_[at_++];
  }

  // How deep structs and function pointers may be nested in each other: reading them takes stack.
  static constexpr int deepest = 32;
  static constexpr std::size_t most_parts = 0xffff;      // members or parameters, as BTF counts them
  static constexpr std::uint64_t largest = 0x0fff'ffff;  // bytes of a type: BTF counts bits
  class Nested {
   public:
    explicit Nested(PrototypeParser& parser) : parser_(parser) {
      if (++parser_.depth_ > deepest) parser_.fail("nested more than " + std::to_string(deepest) + " deep");
    }
    ~Nested() { --parser_.depth_; }
    Nested(const Nested&) = delete;
    Nested& operator=(const Nested&) = delete;

   private:
    PrototypeParser& parser_;
  };

  struct Members {
    std::vector<std::uint32_t> words;
    std::uint32_t size = 0, align = 1;
    std::uint32_t count() const { return static_cast<std::uint32_t>(words.size() / 3); }
  };

  // "{ int a; struct { int b; } c; union { … }; }"
  Members read_members(Kind kind) {
    Members all;
    const Nested level(*this);
    if (!error.empty() || !expect("{")) return all;
    std::uint32_t end = 0;
    while (error.empty() && !take("}")) {
      const TypeId base = specifiers();
      do {
        const Declared d = declarator(base);
        const std::uint32_t size = b_.size_of(d.type), at = b_.align_of(d.type);
        if (!error.empty()) return all;
        if (size == 0 && !flexible_) {
          fail("member '" + d.name + "' has an incomplete type");
          return all;
        }
        const std::uint32_t offset = kind == Kind::union_ ? 0 : (end + at - 1) / at * at;
        if (std::uint64_t{offset} + size > largest || all.count() == most_parts) {
          fail("member '" + d.name + "' makes it too large");
          return all;
        }
        end = std::max(end, offset + size);
        all.align = std::max(all.align, at);
        all.words.insert(all.words.end(), {b_.string(d.name), d.type, offset * 8});
      } while (take(","));
      if (!expect(";")) return all;
    }
    all.size = (end + all.align - 1) / all.align * all.align;
    return all;
  }

  // After "struct": a tag, or a definition in place.
  TypeId struct_or_union(Kind kind) {
    const std::string name = peek() == "{" ? std::string() : identifier();
    if (peek() != "{") return b_.tagged(name, kind);
    const Members members = read_members(kind);
    if (!error.empty()) return 0;
    const TypeId id = b_.add(name, kind, members.count(), members.size, members.words);
    b_.made_.back().align = members.align;
    return id;
  }

  TypeId specifiers() {
    bool constant = false, is_volatile = false, is_unsigned = false, is_signed_word = false;
    int longs = 0;
    std::string word;
    TypeId type = 0;
    bool have_type = false;
    for (;;) {
      if (take("const")) {
        constant = true;
      } else if (take("volatile")) {
        is_volatile = true;
      } else if (take("unsigned")) {
        is_unsigned = true;
      } else if (take("signed")) {
        is_signed_word = true;
      } else if (take("long")) {
        ++longs;
      } else if (!have_type && word.empty() && (peek() == "struct" || peek() == "union" || peek() == "enum")) {
        if (take("enum")) {
          type = b_.tagged(identifier(), Kind::enum_);
        } else {
          type = struct_or_union(take("struct") ? Kind::struct_ : (take("union"), Kind::union_));
        }
        have_type = true;
      } else if (!have_type && word.empty() &&
                 (peek() == "int" || peek() == "char" || peek() == "short" || peek() == "void")) {
        word = tokens_[at_++];
        if (word == "short") take("int");
      } else if (!have_type && word.empty() && longs == 0 && !is_unsigned && !is_signed_word) {
        const std::string name = identifier();
        if (!error.empty()) return 0;
        type = b_.named(name, Kind::typedef_);
        if (type == 0) {
          const Basic* basic = find_basic(name);
          if (basic == nullptr) {
            fail("unknown type '" + name + "'");
            return 0;
          }
          const Basic* behind = basic->alias.empty() ? basic : find_basic(basic->alias);
          type = b_.integer(behind->name, behind->size, behind->encoding);
          if (!basic->alias.empty()) type = b_.add(name, Kind::typedef_, 0, type);
        }
        have_type = true;
      } else {
        break;
      }
    }
    if (!have_type) {
      if (word == "void") {
        type = 0;
      } else {
        std::string name;
        if (longs != 0) {
          name = longs > 1 ? "long long" : "long";
        } else {
          name = word.empty() ? "int" : word;
        }
        if (is_unsigned) name = "unsigned " + name;
        if (is_signed_word && name == "char") name = "signed char";
        const Basic* basic = find_basic(name);
        if (basic == nullptr) {
          fail("unknown type '" + name + "'");
          return 0;
        }
        type = b_.integer(basic->name, basic->size, basic->encoding);
      }
    }
    if (constant) type = b_.derived(Kind::const_, type);
    if (is_volatile) type = b_.derived(Kind::volatile_, type);
    return type;
  }

  TypeId stars(TypeId type) {
    int pointers = 0;
    for (;;) {
      if (take("*")) {
        if (++pointers > deepest) fail("pointers more than " + std::to_string(deepest) + " deep");
        type = b_.derived(Kind::ptr, type);
      } else if (take("const")) {
        type = b_.derived(Kind::const_, type);
      } else if (!take("__restrict") && !take("restrict")) {
        return type;
      }
    }
  }

  // "*name", "name[4]", "(*name)(int, ...)", or the same without a name.
  Declared declarator(TypeId base) {
    flexible_ = false;
    Declared d;
    d.type = stars(base);
    if (take("(")) {
      if (!expect("*")) return d;
      if (peek() != ")") d.name = identifier();
      if (!expect(")") || !expect("(")) return d;
      d.type = b_.derived(Kind::ptr, parameters(d.type));
      return d;
    }
    if (!at_end() && (std::isalpha(static_cast<unsigned char>(tokens_[at_][0])) || tokens_[at_][0] == '_'))
      d.name = identifier();
    std::vector<std::uint32_t> dimensions;
    while (take("[")) {
      std::uint32_t count = 0;
      if (peek() != "]") {
        const std::string number = at_end() ? std::string() : tokens_[at_++];
        if (number.empty() || number.size() > 8 ||
            !std::all_of(number.begin(), number.end(), [](unsigned char c) { return std::isdigit(c); })) {
          fail("expected a number, not '" + number + "'");
          return d;
        }
        count = static_cast<std::uint32_t>(std::stoul(number));
      }
      flexible_ = count == 0;
      dimensions.push_back(count);
      if (!expect("]")) return d;
    }
    if (dimensions.size() > deepest) fail("an array of more than " + std::to_string(deepest) + " dimensions");
    if (!error.empty()) return d;
    for (auto it = dimensions.rbegin(); it != dimensions.rend(); ++it) {
      if (std::uint64_t{b_.size_of(d.type)} * *it > largest) {
        fail("array '" + d.name + "' is too large");
        return d;
      }
      const std::uint32_t words[] = {d.type, b_.integer("int", 4, is_signed), *it};
      const std::uint32_t align = b_.align_of(d.type);
      const TypeId array = b_.add({}, Kind::array, 0, 0, words);
      b_.made_.back().align = align;
      d.type = array;
    }
    return d;
  }

  TypeId parameters(TypeId result) {
    std::vector<std::uint32_t> words;
    const Nested level(*this);
    if (peek() == "void" && at_ + 1 < tokens_.size() && tokens_[at_ + 1] == ")") ++at_;
    while (error.empty() && !take(")")) {
      if (take("...")) {
        words.insert(words.end(), {0, 0});
        expect(")");
        break;
      }
      Declared d = declarator(specifiers());
      if (d.name.empty() && error.empty()) d.name = "arg" + std::to_string(words.size() / 2);
      words.insert(words.end(), {b_.string(d.name), d.type});
      if (words.size() / 2 > most_parts) fail("too many parameters");
      if (peek() != ")" && !expect(",")) break;
    }
    if (!error.empty()) return 0;
    parameter_count = words.size() / 2;
    return b_.add({}, Kind::func_proto, static_cast<std::uint32_t>(words.size() / 2), result, words);
  }

  ModuleBuilder& b_;
  std::vector<std::string> tokens_;
  std::size_t at_ = 0;
  bool flexible_ = false;
  int depth_ = 0;
};

namespace {

// What a message shows of a text that may be of any length.
std::string shown(std::string_view text) {
  constexpr std::size_t most = 120;
  return text.size() <= most ? std::string(text) : std::string(text.substr(0, most)) + "…";
}

// Runs one parse; a failed one leaves at most unused types behind.
bool run(PrototypeParser& parser, bool (PrototypeParser::*what)(), std::string_view text, std::string& error) {
  if ((parser.*what)() && parser.error.empty()) return true;
  error = (parser.error.empty() ? std::string("cannot be read") : parser.error) + ": " + shown(text);
  return false;
}

}  // namespace

bool ModuleBuilder::add_function(std::string_view prototype, std::string& error, Declared* declared) {
  PrototypeParser parser(*this, prototype);
  const bool fine = run(parser, &PrototypeParser::kfunc, prototype, error);
  if (declared != nullptr) *declared = {parser.declared, parser.parameter_count};
  return fine;
}
bool ModuleBuilder::add_traced_function(std::string_view prototype, std::string& error, Declared* declared) {
  PrototypeParser parser(*this, prototype);
  const bool fine = run(parser, &PrototypeParser::plain_function, prototype, error);
  if (declared != nullptr) *declared = {parser.declared, parser.parameter_count};
  return fine;
}
bool ModuleBuilder::add_per_cpu(std::string_view declaration, std::string& error) {
  PrototypeParser parser(*this, declaration);
  return run(parser, &PrototypeParser::variable, declaration, error);
}
bool ModuleBuilder::add_struct(std::string_view definition, std::string& error) {
  PrototypeParser parser(*this, definition);
  return run(parser, &PrototypeParser::aggregate, definition, error);
}
bool ModuleBuilder::add_typedef(std::string_view definition, std::string& error) {
  PrototypeParser parser(*this, definition);
  return run(parser, &PrototypeParser::type_alias, definition, error);
}

}  // namespace skep::btf
