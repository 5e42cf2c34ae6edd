// Constants of asm-generic/errno-base.h and asm-generic/errno.h, spelled as there. Written by scripts/generate-uapi.js: do not edit.

export const EPERM = 1;
export const EINTR = 4;
export const EEXIST = 17;
export const ENODEV = 19;
export const EINVAL = 22;
export const EBADMSG = 74;
export const EOPNOTSUPP = 95;
export const EADDRNOTAVAIL = 99;
export const ENOBUFS = 105;
export const ETIMEDOUT = 110;
