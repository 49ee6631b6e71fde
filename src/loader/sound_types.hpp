// Whether libbpf can be trusted with an object's types; see sound_types.cpp.
#pragma once

#include <bpf/btf.h>

namespace skep::loader {

bool are_sound(const btf* types);

}  // namespace skep::loader
