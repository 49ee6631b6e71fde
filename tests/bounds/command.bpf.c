// SPDX-License-Identifier: Apache-2.0
//
// What the command's tests run: it has no host that would offer calls.
#include "endless.h"
