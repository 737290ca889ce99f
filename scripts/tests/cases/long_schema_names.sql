-- Two schemas whose names differ at the end alone, one with letters of two bytes.
create schema movimentacao_contabil_consolidada_da_matriz_exercicio_2024;
create table movimentacao_contabil_consolidada_da_matriz_exercicio_2024.lancamentos (id int primary key);
insert into movimentacao_contabil_consolidada_da_matriz_exercicio_2024.lancamentos values (1);
create schema movimentacao_contabil_consolidada_da_matriz_exercicio_2025;
create table movimentacao_contabil_consolidada_da_matriz_exercicio_2025.lancamentos (id int primary key);
insert into movimentacao_contabil_consolidada_da_matriz_exercicio_2025.lancamentos values (1), (2);
create schema "movimentação_à_conciliação_dos_títulos_das_opções_ações_é";
create table "movimentação_à_conciliação_dos_títulos_das_opções_ações_é".t (id int primary key);
