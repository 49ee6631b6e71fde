// Decides accesses to a context by rows of fields.
#include "progtypes/common/fields.hpp"

#include <bit>

namespace skep::progtypes {
namespace {

bool permits(const Field& field, Access rule, std::uint32_t offset, std::uint32_t size) {
  if (rule == Access::none) return false;
  if (size > field.width) {
    return field.pairs && size == 2U * field.width && offset % size == 0 && offset + size <= field.end;
  }
  const std::uint32_t inside = (offset - field.begin) % field.width;
  switch (rule) {
    case Access::exact:
      return size == field.width && inside == 0;
    case Access::start:
      return inside == 0;
    case Access::narrow:
      return inside % size == 0;
    case Access::none:
      break;
  }
  return false;
}

}  // namespace

CtxAccess access_field(std::span<const Field> rows, std::span<const Field> more, std::int32_t offset,
                       std::uint32_t size, bool write) {
  if (offset < 0 || !std::has_single_bit(size) || size > 8) return {};
  const auto at = static_cast<std::uint32_t>(offset);
  for (const auto& part : {rows, more}) {
    for (const Field& field : part) {
      if (at < field.begin || at >= field.end) continue;
      if (!permits(field, write ? field.write : field.read, at, size)) return {};
      CtxAccess access{.allowed = true, .field = field.kind};
      access.maybe_null = field.kind == CtxField::socket_or_null || field.kind == CtxField::sock_common_or_null;
      if (size < field.width) access.narrow_field_size = field.width;
      return access;
    }
  }
  return {};
}

CtxAccess access_plain(std::uint32_t limit, std::int32_t offset, std::uint32_t size, bool write, bool writable) {
  if (offset < 0 || !std::has_single_bit(size) || size > 8 || (write && !writable)) return {};
  const auto at = static_cast<std::uint32_t>(offset);
  return {.allowed = at % size == 0 && at + size <= limit};
}

}  // namespace skep::progtypes
