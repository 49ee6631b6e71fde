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

}  // namespace skep::progtypes
