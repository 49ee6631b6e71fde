// The first phase of reading BTF: the header, its sections and each type on its own. Nothing that the bytes say is
// believed: every length is checked before it is used. What is wrong is said as Linux 7.3 says it, in the same order,
// so that the first complaint is the same one. Of a kernel's types, which an index vouches for, each is read when it is
// looked at. Tested by tests/btf/parse_test.cpp, tests/btf/kernel_index_test.cpp and fuzz/btf_fuzz.cpp.
#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>

#include "btf/btf.hpp"
#include "btf/data.hpp"
#include "btf/parse_log.hpp"
#include "btf/resolve.hpp"
#include "skep/abi.hpp"

namespace skep::btf {

namespace {

constexpr std::uint32_t max_types = 0xfffff;
constexpr std::uint32_t max_name_offset = 0xffffff;
constexpr std::size_t max_raw_size = 16 << 20;
constexpr std::size_t max_name_length = 512;

struct Header {
  std::uint16_t magic;
  std::uint8_t version;
  std::uint8_t flags;
  std::uint32_t hdr_len;
  std::uint32_t type_off, type_len;
  std::uint32_t str_off, str_len;
  std::uint32_t layout_off, layout_len;
};
static_assert(sizeof(Header) == 32);

std::uint32_t read32(const std::uint8_t* p) {
  std::uint32_t value;
  std::memcpy(&value, p, sizeof(value));
  return value;
}

bool is_alpha(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(unsigned char c) {
  return c >= '0' && c <= '9';
}

bool valid_identifier(std::string_view name) {
  if (name.empty() || name.size() > max_name_length) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto c = static_cast<unsigned char>(name[i]);
    if (!(is_alpha(c) || c == '_' || c == '.' || (i != 0 && is_digit(c)))) return false;
  }
  return true;
}

bool valid_section_name(std::string_view name) {
  if (name.empty() || name.size() > max_name_length) return false;
  return std::all_of(name.begin(), name.end(), [](char ch) {
    const auto c = static_cast<unsigned char>(ch);
    return c >= 0x20 && c <= 0x7e;
  });
}

}  // namespace

class Parser {
 public:
  Parser(std::span<const std::uint8_t> raw, std::shared_ptr<const void> owner, std::shared_ptr<const Btf> base,
         bool trusted, ParseLog& log)
      : log_(log), trusted_(trusted), made_(std::make_unique<Btf::Data>()), data_(made_.get()), raw_(raw) {
    data_->owner = std::move(owner);
    data_->raw = raw;
    data_->base = std::move(base);
    data_->kernel = trusted;
  }
  void read_at_once() { at_once_ = true; }
  void use(KernelIndex index) { index_ = std::move(index); }
  // Of one that is read already.
  Parser(Btf::Data& data, ParseLog& log) : log_(log), trusted_(data.kernel), data_(&data) {}

  std::shared_ptr<const Btf> run(int& error) {
    error = header();
    if (error == 0) error = strings();
    if (error == 0) error = types();
    if (error != 0) return nullptr;
    const Btf::Data& data = *data_;
    std::shared_ptr<const Btf> btf(new Btf(std::move(made_)));
    if (data.later) return btf;
    error = trusted_ ? check_kernel_references(*btf, data, log_) : check_references(*btf, data, log_);
    return error == 0 ? btf : nullptr;
  }

  Type one_of(std::span<const std::uint8_t> bytes, TypeId id) {
    Type type;
    const std::uint8_t* at = bytes.data();
    return one_type(at, bytes.size(), id, type) == 0 ? type : Type();
  }

 private:
  int header();
  int sections();
  int strings();
  int types();
  bool types_later(std::span<const std::uint8_t> bytes);
  int one_type(const std::uint8_t*& at, std::size_t left, TypeId id, Type& t);
  int reference(TypeId id, Type& t);
  int integer(const std::uint8_t* extra, TypeId id, Type& t);
  int array(const std::uint8_t* extra, TypeId id, Type& t);
  int structure(const std::uint8_t* extra, TypeId id, Type& t);
  int enumeration(const std::uint8_t* extra, TypeId id, Type& t);
  int function_prototype(const std::uint8_t* extra, TypeId id, Type& t);
  int variable(const std::uint8_t* extra, TypeId id, Type& t);
  int section(const std::uint8_t* extra, TypeId id, Type& t);
  int declaration_tag(const std::uint8_t* extra, TypeId id, Type& t);

  int refuse(TypeId id, const Type& t, std::string_view complaint, bool basic = false) {
    log_.type(id, t, complaint, basic);
    return -EINVAL;
  }
  std::optional<std::string_view> name_at(std::uint32_t offset) const {
    const std::uint32_t begin = data_->string_begin;
    if (offset < begin) return data_->base->checked_string(offset);
    if (offset - begin >= data_->strings.size()) return std::nullopt;
    return std::string_view(data_->strings.data() + (offset - begin));
  }
  // As the log prints it.
  std::string_view shown_name(std::uint32_t offset) const {
    return offset == 0 ? std::string_view("(anon)") : name_at(offset).value_or("(invalid-name-offset)");
  }
  static bool valid_id(TypeId id) { return id <= max_types; }

  ParseLog& log_;
  bool trusted_;
  std::unique_ptr<Btf::Data> made_;
  Btf::Data* data_;
  std::span<const std::uint8_t> raw_;
  Header header_{};
  bool at_once_ = false;
  std::optional<KernelIndex> index_;  // made before
  bool named_ = false;                // the type being read has a name offset, be it that of an empty string
};

int Parser::header() {
  if (raw_.size() > max_raw_size) return -E2BIG;
  const auto say = [this](std::string_view text, int error) {
    log_.say("{}", text);
    return error;
  };
  if (raw_.size() < offsetof(Header, hdr_len) + 4) return say("hdr_len not found", -EINVAL);
  const std::uint32_t length = read32(raw_.data() + offsetof(Header, hdr_len));
  if (raw_.size() < length) return say("btf_header not found", -EINVAL);
  if (length > sizeof(Header)) {
    const auto extra = raw_.subspan(sizeof(Header), length - sizeof(Header));
    if (std::any_of(extra.begin(), extra.end(), [](std::uint8_t b) { return b != 0; }))
      return say("Unsupported btf_header", -E2BIG);
  }
  std::memcpy(&header_, raw_.data(), std::min<std::size_t>(length, sizeof(Header)));
  const Header& h = header_;
  log_.say("magic: {:#x}\nversion: {}\nflags: {:#x}\nhdr_len: {}\n", h.magic, h.version, h.flags, h.hdr_len);
  log_.say("type_off: {}\ntype_len: {}\nstr_off: {}\nstr_len: {}\n", h.type_off, h.type_len, h.str_off, h.str_len);
  if (length >= sizeof(Header)) log_.say("layout_off: {}\nlayout_len: {}\n", h.layout_off, h.layout_len);
  log_.say("btf_total_size: {}\n", raw_.size());
  if (h.magic != 0xeb9f) return say("Invalid magic", -EINVAL);
  if (h.version != 1) return say("Unsupported version", -enotsupp);
  if (h.flags != 0) return say("Unsupported flags", -enotsupp);
  if (!data_->base && raw_.size() == length) return say("No data", -EINVAL);
  return sections();
}

int Parser::sections() {
  const auto say = [this](std::string_view text) {
    log_.say("{}", text);
    return -EINVAL;
  };
  struct Section {
    std::uint32_t offset, length;
  };
  std::array<Section, 3> parts{{{header_.type_off, header_.type_len}, {header_.str_off, header_.str_len}}};
  std::size_t count = 2;
  if (header_.layout_len != 0) parts[count++] = {header_.layout_off, header_.layout_len};
  std::sort(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(count),
            [](const Section& a, const Section& b) { return a.offset < b.offset; });
  const std::uint64_t expected = raw_.size() - header_.hdr_len;
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Section& part = parts[i];
    if (expected < part.offset) return say("Invalid section offset");
    if (total < part.offset) return say("Unsupported section found");
    if (total > part.offset) return say("Section overlap found");
    if (expected - total < part.length) return say("Total section length too long");
    total += part.length;
  }
  if (expected != total) return say("Unsupported section found");
  if (header_.layout_len != 0) {
    // Tells old readers how long kinds are that they do not know; nobody here needs it.
    if (header_.layout_off % 4 != 0) return say("Unaligned layout_off");
    if (header_.layout_len < 4) return say("Layout section is too small");
    if (header_.layout_len % 4 != 0) return say("layout_len is not multiple of 4");
  }
  return 0;
}

int Parser::strings() {
  Btf::Data& d = *data_;
  const auto bytes = raw_.subspan(header_.hdr_len + header_.str_off, header_.str_len);
  d.strings = {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  if (d.base) {
    const Btf::Data& base = *d.base->data_;
    d.string_begin = base.string_begin + static_cast<std::uint32_t>(base.strings.size());
    d.first_id = d.base->type_count();
    if (bytes.empty()) return 0;
  }
  if (bytes.empty() || bytes.size() - 1 > max_name_offset || bytes.back() != 0 || (!d.base && bytes.front() != 0)) {
    log_.say("Invalid string section");
    return -EINVAL;
  }
  return 0;
}

int Parser::types() {
  if (header_.type_off % 4 != 0) {
    log_.say("Unaligned type_off");
    return -EINVAL;
  }
  if (!data_->base && header_.type_len == 0) {
    log_.say("No type found");
    return -EINVAL;
  }
  const auto bytes = raw_.subspan(header_.hdr_len + header_.type_off, header_.type_len);
  if (types_later(bytes)) return 0;
  data_->types.reserve(bytes.size() / 24 + 1);
  if (!data_->base) data_->types.emplace_back();
  const std::uint8_t* at = bytes.data();
  const std::uint8_t* end = at + bytes.size();
  while (at < end) {
    const TypeId id = data_->end_id();
    if (id > max_types) {
      log_.say("[{}] Exceeded max num of types\n", id);
      return -E2BIG;
    }
    Type type;
    if (const int error = one_type(at, static_cast<std::size_t>(end - at), id, type)) return error;
    data_->types.push_back(type);
  }
  data_->types.shrink_to_fit();
  return 0;
}

bool Parser::types_later(std::span<const std::uint8_t> bytes) {
  if (!trusted_ || data_->base || log_.enabled() || at_once_) return false;
  if (!index_) index_ = KernelIndex::make(bytes, data_->strings);
  if (!index_) return false;
  data_->later = std::make_unique<Btf::Data::Later>(std::move(*index_));
  return true;
}

void Btf::Data::read_type(std::size_t at) const {
  const std::lock_guard guard(later->lock);
  const std::atomic_ref read(later->read[at]);
  if (read.load(std::memory_order_relaxed) != 0) return;
  ParseLog silent(false);
  Type type;  // void
  if (at != 0) type = Parser(const_cast<Data&>(*this), silent).one_of(later->index.type(at), static_cast<TypeId>(at));
  new (&later->types[at]) Type(type);
  read.store(1, std::memory_order_release);
}

int Parser::one_type(const std::uint8_t*& at, std::size_t left, TypeId id, Type& t) {
  constexpr std::size_t fixed = 12;
  if (left < fixed) {
    log_.say("[{}] meta_left:{} meta_needed:{}", id, left, fixed);
    return -EINVAL;
  }
  const std::uint32_t name_offset = read32(at);
  const std::uint32_t info = read32(at + 4);
  const std::uint32_t kind = (info >> 24) & 0x7f;
  if (kind == 0 || kind > static_cast<std::uint32_t>(Kind::enum64)) {
    log_.say("[{}] Invalid kind:{}", id, kind);
    return -EINVAL;
  }
  const auto name = name_at(name_offset);
  if (!name) {
    log_.say("[{}] Invalid name_offset:{}", id, name_offset);
    return -EINVAL;
  }
  t.kind = static_cast<Kind>(kind);
  t.kind_flag = (info >> 31) != 0;
  t.vlen = info & 0xffffff;
  named_ = name_offset != 0;
  if (named_) t.name = *name;
  const std::uint32_t size_or_type = read32(at + 8);
  t.size = size_or_type;

  const std::uint64_t extra = size_of_parts(t.kind, t.vlen);
  if (left - fixed < extra)
    return refuse(id, t, log_.enabled() ? fmt::format("meta_left:{} meta_needed:{}", left - fixed, extra) : "", true);
  const std::uint8_t* body = at + fixed;
  at += fixed + extra;

  int error = 0;
  switch (t.kind) {
    case Kind::int_:
      error = integer(body, id, t);
      break;
    case Kind::array:
      error = array(body, id, t);
      break;
    case Kind::struct_:
    case Kind::union_:
      error = structure(body, id, t);
      break;
    case Kind::enum_:
    case Kind::enum64:
      error = enumeration(body, id, t);
      break;
    case Kind::func_proto:
      error = function_prototype(body, id, t);
      break;
    case Kind::var:
      error = variable(body, id, t);
      break;
    case Kind::datasec:
      error = section(body, id, t);
      break;
    case Kind::decl_tag:
      error = declaration_tag(body, id, t);
      break;
    case Kind::float_:
      if (t.vlen != 0) return refuse(id, t, "vlen != 0");
      if (t.kind_flag) return refuse(id, t, "Invalid btf_info kind_flag");
      if (t.size != 2 && t.size != 4 && t.size != 8 && t.size != 12 && t.size != 16)
        return refuse(id, t, "Invalid type_size");
      log_.type(id, t, {});
      break;
    default:
      t.size = 0;
      t.type = size_or_type;
      error = reference(id, t);
      break;
  }
  return error;
}

// PTR, TYPEDEF, the modifiers, TYPE_TAG, FWD and FUNC: a name and one id.
int Parser::reference(TypeId id, Type& t) {
  if (t.kind == Kind::func) {
    if (!valid_identifier(t.name)) return refuse(id, t, "Invalid name");
    if (t.vlen > static_cast<std::uint32_t>(Linkage::global)) {
      // The types of a kernel come from pahole, which knows no other linkage, but module builders do.
      if (!trusted_ || t.vlen > static_cast<std::uint32_t>(Linkage::extern_))
        return refuse(id, t, "Invalid func linkage");
    }
    if (t.kind_flag) return refuse(id, t, "Invalid btf_info kind_flag");
    t.linkage = static_cast<Linkage>(t.vlen);
    t.vlen = 0;
    log_.type(id, t, {});
    return 0;
  }
  if (t.vlen != 0) return refuse(id, t, "vlen != 0");
  if (t.kind == Kind::fwd) {
    if (t.type != 0) return refuse(id, t, "type != 0");
    if (!valid_identifier(t.name)) return refuse(id, t, "Invalid name");
    log_.type(id, t, {});
    return 0;
  }
  if (t.kind_flag && t.kind != Kind::type_tag) return refuse(id, t, "Invalid btf_info kind_flag");
  if (!valid_id(t.type)) return refuse(id, t, "Invalid type_id");
  const bool name_ok = t.kind == Kind::typedef_   ? valid_identifier(t.name)
                       : t.kind == Kind::type_tag ? !t.name.empty()
                                                  : !named_;
  if (!name_ok) return refuse(id, t, "Invalid name");
  log_.type(id, t, {});
  return 0;
}

int Parser::integer(const std::uint8_t* extra, TypeId id, Type& t) {
  const std::uint32_t data = read32(extra);
  t.int_encoding = static_cast<std::uint8_t>((data >> 24) & 0xf);
  t.int_offset = static_cast<std::uint8_t>(data >> 16);
  t.int_bits = static_cast<std::uint8_t>(data);
  if (t.vlen != 0) return refuse(id, t, "vlen != 0");
  if (t.kind_flag) return refuse(id, t, "Invalid btf_info kind_flag");
  if ((data & ~std::uint32_t{0x0fffffff}) != 0)
    return refuse(id, t, log_.enabled() ? fmt::format("Invalid int_data:{:x}", data) : "", true);
  const std::uint32_t bits = std::uint32_t{t.int_bits} + t.int_offset;
  if (bits > 128) return refuse(id, t, "nr_bits exceeds 128");
  if ((bits + 7) / 8 > t.size) return refuse(id, t, "nr_bits exceeds type_size");
  if (std::popcount(t.int_encoding) > 1 || t.int_encoding == 8) {
    refuse(id, t, "Unsupported encoding");
    return -enotsupp;
  }
  log_.type(id, t, {});
  return 0;
}

int Parser::array(const std::uint8_t* extra, TypeId id, Type& t) {
  const std::uint32_t size = t.size;
  t.type = read32(extra);
  t.index_type = read32(extra + 4);
  t.count = read32(extra + 8);
  t.size = 0;
  if (named_) return refuse(id, t, "Invalid name");
  if (t.vlen != 0) return refuse(id, t, "vlen != 0");
  if (t.kind_flag) return refuse(id, t, "Invalid btf_info kind_flag");
  if (size != 0) return refuse(id, t, "size != 0");
  if (t.type == 0 || !valid_id(t.type)) return refuse(id, t, "Invalid elem");
  if (t.index_type == 0 || !valid_id(t.index_type)) return refuse(id, t, "Invalid index");
  log_.type(id, t, {});
  return 0;
}

int Parser::structure(const std::uint8_t* extra, TypeId id, Type& t) {
  if (named_ && !valid_identifier(t.name)) return refuse(id, t, "Invalid name");
  log_.type(id, t, {});
  auto* members = data_->parts.allocate<Member>(t.vlen);
  t.parts = members;
  std::uint32_t last_offset = 0;
  for (std::uint32_t i = 0; i < t.vlen; ++i, extra += 12) {
    const std::uint32_t name_offset = read32(extra);
    const std::uint32_t where = read32(extra + 8);
    Member m;
    m.type = read32(extra + 4);
    m.bit_offset = t.kind_flag ? where & 0xffffff : where;
    m.bit_size = t.kind_flag ? where >> 24 : 0;
    const auto refuse_member = [&](std::string_view complaint) {
      log_.member(t, m, shown_name(name_offset), complaint);
      return -EINVAL;
    };
    const auto name = name_at(name_offset);
    if (!name)
      return refuse_member(log_.enabled() ? fmt::format("Invalid member name_offset:{}", name_offset) : std::string());
    if (name_offset != 0) {
      m.name = *name;
      if (!valid_identifier(m.name)) return refuse_member("Invalid name");
    }
    if (m.type == 0 || !valid_id(m.type)) return refuse_member("Invalid type_id");
    if (t.kind == Kind::union_ && m.bit_offset != 0) return refuse_member("Invalid member bits_offset");
    if (last_offset > m.bit_offset) return refuse_member("Invalid member bits_offset");
    if ((std::uint64_t{m.bit_offset} + 7) / 8 > t.size)
      return refuse_member("Member bits_offset exceeds its struct size");
    if (log_.enabled()) log_.member(t, m, shown_name(name_offset), {});
    last_offset = m.bit_offset;
    members[i] = m;
  }
  return 0;
}

int Parser::enumeration(const std::uint8_t* extra, TypeId id, Type& t) {
  const bool wide = t.kind == Kind::enum64;
  if (t.size > 8 || !std::has_single_bit(t.size)) return refuse(id, t, "Unexpected size");
  if (named_ && !valid_identifier(t.name)) return refuse(id, t, "Invalid name");
  log_.type(id, t, {});
  auto* enumerators = data_->parts.allocate<Enumerator>(t.vlen);
  t.parts = enumerators;
  for (std::uint32_t i = 0; i < t.vlen; ++i, extra += wide ? 12 : 8) {
    const std::uint32_t name_offset = read32(extra);
    const std::uint32_t low = read32(extra + 4);
    const auto name = name_at(name_offset);
    if (!name) {
      log_.say("\tInvalid name_offset:{}", name_offset);
      return -EINVAL;
    }
    if (name_offset == 0 || !valid_identifier(*name)) return refuse(id, t, "Invalid name");
    Enumerator e;
    e.name = *name;
    if (wide) {
      e.value = static_cast<std::int64_t>(std::uint64_t{read32(extra + 8)} << 32 | low);
    } else {
      e.value = t.kind_flag ? std::int64_t{static_cast<std::int32_t>(low)} : std::int64_t{low};
    }
    if (log_.enabled()) {
      if (wide && !t.kind_flag) {
        log_.say("\t{} val={}\n", e.name, static_cast<std::uint64_t>(e.value));
      } else {
        log_.say("\t{} val={}\n", e.name, e.value);
      }
    }
    enumerators[i] = e;
  }
  return 0;
}

int Parser::function_prototype(const std::uint8_t* extra, TypeId id, Type& t) {
  t.type = t.size;
  t.size = 0;
  auto* params = data_->parts.allocate<Param>(t.vlen);
  t.parts = params;
  for (std::uint32_t i = 0; i < t.vlen; ++i, extra += 8) {
    // Names are judged in the second phase; one that is no name at all is kept as the log shows it.
    const std::uint32_t name_offset = read32(extra);
    params[i] = {name_offset == 0 ? std::string_view() : shown_name(name_offset), read32(extra + 4)};
  }
  if (named_) return refuse(id, t, "Invalid name");
  if (t.kind_flag) return refuse(id, t, "Invalid btf_info kind_flag");
  log_.type(id, t, {});
  return 0;
}

int Parser::variable(const std::uint8_t* extra, TypeId id, Type& t) {
  t.type = t.size;
  t.size = 0;
  t.count = read32(extra);
  if (t.vlen != 0) return refuse(id, t, "vlen != 0");
  if (t.kind_flag) return refuse(id, t, "Invalid btf_info kind_flag");
  if (!valid_identifier(t.name)) return refuse(id, t, "Invalid name");
  if (t.type == 0 || !valid_id(t.type)) return refuse(id, t, "Invalid type_id");
  if (t.count > static_cast<std::uint32_t>(Linkage::global)) return refuse(id, t, "Linkage not supported");
  t.linkage = static_cast<Linkage>(t.count);
  log_.type(id, t, {});
  return 0;
}

int Parser::section(const std::uint8_t* extra, TypeId id, Type& t) {
  if (t.size == 0) return refuse(id, t, "size == 0");
  if (t.kind_flag) return refuse(id, t, "Invalid btf_info kind_flag");
  if (!valid_section_name(t.name)) return refuse(id, t, "Invalid name");
  log_.type(id, t, {});
  auto* section_vars = data_->parts.allocate<SectionVar>(t.vlen);
  t.parts = section_vars;
  std::uint64_t sum = 0;
  std::uint64_t last_end = 0;
  for (std::uint32_t i = 0; i < t.vlen; ++i, extra += 12) {
    const SectionVar v{read32(extra), read32(extra + 4), read32(extra + 8)};
    const auto refuse_var = [&](std::string_view complaint) {
      log_.section_var(v, complaint);
      return -EINVAL;
    };
    if (v.type == 0 || !valid_id(v.type)) return refuse_var("Invalid type_id");
    if (v.offset < last_end || v.offset >= t.size) return refuse_var("Invalid offset");
    if (v.size == 0 || v.size > t.size) return refuse_var("Invalid size");
    last_end = std::uint64_t{v.offset} + v.size;
    if (last_end > t.size) return refuse_var("Invalid offset+size");
    log_.section_var(v, {});
    sum += v.size;
    section_vars[i] = v;
  }
  if (t.size < sum) return refuse(id, t, "Invalid btf_info size");
  return 0;
}

int Parser::declaration_tag(const std::uint8_t* extra, TypeId id, Type& t) {
  t.type = t.size;
  t.size = 0;
  t.component = static_cast<std::int32_t>(read32(extra));
  if (t.name.empty()) return refuse(id, t, "Invalid value");
  if (t.vlen != 0) return refuse(id, t, "vlen != 0");
  if (t.component < -1) return refuse(id, t, "Invalid component_idx");
  log_.type(id, t, {});
  return 0;
}

namespace {

// What the log says last: from the type's own line on when the complaint is about a member of it.
std::string last_words(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::size_t from = text.rfind('\n');
  if (from == std::string::npos) return text;
  ++from;
  if (text[from] == '\t') {
    const std::size_t owner = text.rfind("\n[", from);
    const std::size_t owner_end = owner == std::string::npos ? owner : text.find('\n', owner + 1);
    if (owner_end != std::string::npos) return text.substr(owner + 1, owner_end - owner) + text.substr(from);
  }
  return text.substr(from);
}

}  // namespace

std::shared_ptr<const Btf> Btf::parse(std::span<const std::uint8_t> raw, std::shared_ptr<const void> owner,
                                      std::shared_ptr<const Btf> base, bool trusted, ParseError& error) {
  error = {};
  ParseLog silent(false);
  auto btf = Parser(raw, std::move(owner), base, trusted, silent).run(error.error);
  if (error.error != 0) {
    ParseLog log(true);
    int again = 0;
    Parser(raw, nullptr, std::move(base), trusted, log).run(again);
    error.message = last_words(log.text());
  }
  return btf;
}

std::shared_ptr<const Btf> Btf::parse(std::span<const std::uint8_t> raw, std::shared_ptr<const Btf> base, bool trusted,
                                      ParseError& error) {
  // A copy, so that the names may point into it for as long as the Btf lives.
  if (raw.size() > max_raw_size) raw = raw.first(max_raw_size + 1);
  const auto copy = std::make_shared<std::vector<std::uint8_t>>(raw.begin(), raw.end());
  return parse(*copy, copy, std::move(base), trusted, error);
}

std::shared_ptr<const Btf> parse_indexed(std::span<const std::uint8_t> raw, KernelIndex index, ParseError& error) {
  error = {};
  ParseLog silent(false);
  Parser parser(raw, nullptr, nullptr, true, silent);
  parser.use(std::move(index));
  return parser.run(error.error);
}

std::shared_ptr<const Btf> parse_at_once(std::span<const std::uint8_t> raw, ParseError& error) {
  error = {};
  ParseLog silent(false);
  Parser parser(raw, nullptr, nullptr, true, silent);
  parser.read_at_once();
  return parser.run(error.error);
}

std::string load_log(std::span<const std::uint8_t> raw, const std::shared_ptr<const Btf>& base, int& error) {
  ParseLog log(true);
  Parser(raw, nullptr, base, false, log).run(error);
  return log.text();
}

}  // namespace skep::btf
