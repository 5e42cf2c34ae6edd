// Constants of linux/if_addr.h, spelled as there. Written by scripts/generate-uapi.js: do not edit.

export const IFA_ADDRESS = 1;
export const IFA_LOCAL = 2;
export const IFA_LABEL = 3;
export const IFA_BROADCAST = 4;
export const IFA_CACHEINFO = 6;
export const IFA_FLAGS = 8;
export const IFA_RT_PRIORITY = 9;
export const IFA_PROTO = 11;
export const IFA_F_SECONDARY = 1;
export const IFA_F_NODAD = 2;
export const IFA_F_OPTIMISTIC = 4;
export const IFA_F_DADFAILED = 8;
export const IFA_F_HOMEADDRESS = 16;
export const IFA_F_DEPRECATED = 32;
export const IFA_F_TENTATIVE = 64;
export const IFA_F_PERMANENT = 128;
export const IFA_F_MANAGETEMPADDR = 256;
export const IFA_F_NOPREFIXROUTE = 512;
export const IFA_F_MCAUTOJOIN = 1024;
