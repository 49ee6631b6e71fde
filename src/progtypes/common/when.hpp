// Answers that several program types share, for the questions of a ProgTypeDef.
#pragma once

#include "progtypes/progtype.hpp"

namespace skep::progtypes {

inline bool always(const ProgramTraits&) {
  return true;
}
inline bool unless_iterator(const ProgramTraits& traits) {
  return traits.attach_type != AttachType::trace_iter;
}

// For check_attach_type where an attach type is one at which links are made.
constexpr bool links_at(std::span<const LinkedAt> links, AttachType at) {
  for (const LinkedAt& row : links)
    if (row.at == at) return true;
  return false;
}

}  // namespace skep::progtypes
