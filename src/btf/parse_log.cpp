// The lines of the BTF log. Tested by tests/btf/parse_test.cpp, against what 7.3 writes.
#include "btf/parse_log.hpp"

namespace skep::btf {

std::string_view kind_name(Kind kind) {
  static constexpr std::string_view names[] = {
      "UNKNOWN", "INT",      "PTR",  "ARRAY",      "STRUCT", "UNION",   "ENUM",  "FWD",      "TYPEDEF",  "VOLATILE",
      "CONST",   "RESTRICT", "FUNC", "FUNC_PROTO", "VAR",    "DATASEC", "FLOAT", "DECL_TAG", "TYPE_TAG", "ENUM64",
  };
  const auto index = static_cast<std::size_t>(kind);
  return index < std::size(names) ? names[index] : names[0];
}

namespace {

std::string_view encoding_name(std::uint8_t encoding) {
  switch (encoding) {
    case 0:
      return "(none)";
    case 1:
      return "SIGNED";
    case 2:
      return "CHAR";
    case 4:
      return "BOOL";
    default:
      return "UNKN";
  }
}

std::string parameters(const Type& t) {
  if (t.vlen == 0) return "void";
  std::string text;
  for (std::uint32_t i = 0; i < t.vlen; ++i) {
    const Param& p = static_cast<const Param*>(t.parts)[i];
    if (i != 0) text += ", ";
    if (i + 1 == t.vlen && p.type == 0) {
      text += "vararg";
    } else {
      fmt::format_to(std::back_inserter(text), "{} {}", p.type,
                     p.name.data() == nullptr ? std::string_view("(anon)") : p.name);
    }
  }
  return text;
}

}  // namespace

void ParseLog::type(TypeId id, const Type& t, std::string_view complaint, bool basic) {
  if (!enabled_) return;
  auto out = std::back_inserter(text_);
  const bool named = t.name.data() != nullptr;  // DATASEC may be named by an empty string, which is not no name
  fmt::format_to(out, "[{}] {} {}", id, kind_name(t.kind), named ? t.name : std::string_view("(anon)"));
  if (!basic) {
    switch (t.kind) {
      case Kind::int_:
        fmt::format_to(out, " size={} bits_offset={} nr_bits={} encoding={}", t.size, t.int_offset, t.int_bits,
                       encoding_name(t.int_encoding));
        break;
      case Kind::array:
        fmt::format_to(out, " type_id={} index_type_id={} nr_elems={}", t.type, t.index_type, t.count);
        break;
      case Kind::struct_:
      case Kind::union_:
      case Kind::enum_:
      case Kind::enum64:
      case Kind::datasec:
        fmt::format_to(out, " size={} vlen={}", t.size, t.vlen);
        break;
      case Kind::fwd:
        fmt::format_to(out, " {}", t.kind_flag ? "union" : "struct");
        break;
      case Kind::func_proto:
        fmt::format_to(out, " return={} args=({})", t.type, parameters(t));
        break;
      case Kind::var:
        fmt::format_to(out, " type_id={} linkage={}", t.type, t.count);
        break;
      case Kind::float_:
        fmt::format_to(out, " size={}", t.size);
        break;
      case Kind::decl_tag:
        fmt::format_to(out, " type={} component_idx={}", t.type, t.component);
        break;
      default:
        fmt::format_to(out, " type_id={}", t.type);
        break;
    }
  }
  if (!complaint.empty()) fmt::format_to(out, " {}", complaint);
  text_ += '\n';
}

void ParseLog::member(const Type& owner, const Member& m, std::string_view raw_name, std::string_view complaint) {
  if (!enabled_) return;
  auto out = std::back_inserter(text_);
  fmt::format_to(out, "\t{} type_id={}", raw_name, m.type);
  if (owner.kind_flag) fmt::format_to(out, " bitfield_size={}", m.bit_size);
  fmt::format_to(out, " bits_offset={}", m.bit_offset);
  if (!complaint.empty()) fmt::format_to(out, " {}", complaint);
  text_ += '\n';
}

void ParseLog::section_var(const SectionVar& var, std::string_view complaint) {
  if (!enabled_) return;
  auto out = std::back_inserter(text_);
  fmt::format_to(out, "\t type_id={} offset={} size={}", var.type, var.offset, var.size);
  if (!complaint.empty()) fmt::format_to(out, " {}", complaint);
  text_ += '\n';
}

}  // namespace skep::btf
